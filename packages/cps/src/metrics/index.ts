export { frechetBetween, frechetDistance, momentsOf, type Moments } from '@lab/diffusion-core/metrics';
export { dtw, type DtwOptions } from './dtw';
export {
  ftsd,
  jointFtsd,
  trainJointEncoder,
  trainSeriesEncoder,
  type EncoderOptions,
  type JointEncoder,
  type SeriesEncoder,
} from './encoder';
export { imputationError, type ImputationOptions } from './imputation';
export { ssim, type SsimOptions } from './ssim';
export { forecastError, type ForecastOptions } from './tstr';
export { violationSummary, type ViolationOptions, type ViolationSummary } from './violations';
