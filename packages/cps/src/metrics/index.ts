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
export { frechetBetween, frechetDistance } from './frechet';
export { imputationError, type ImputationOptions } from './imputation';
export { momentsOf, type Moments } from './moments';
export { ssim, type SsimOptions } from './ssim';
export { forecastError, type ForecastOptions } from './tstr';
export { violationSummary, type ViolationOptions, type ViolationSummary } from './violations';
