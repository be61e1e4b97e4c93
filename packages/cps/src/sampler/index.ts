export { constrain, type ConstrainOptions, type ProjectionStep } from './constrain';
export { cpsSample, type CpsSampleOptions, type CpsSampleResult } from './cps-sample';
export {
  linearGamma,
  logGamma,
  powerGamma,
  type GammaFunction,
  type GammaName,
  type GammaStep,
} from './log-gamma';
export { perSampleProjector } from './per-sample-projector';
export { posteriorProjection, type PosteriorProjectionOptions } from './posterior-projection';
