export {
  besselRatio,
  funkHeckeEigenvalues,
  logVmfNormalizer,
  varianceFactor,
  type SphereOptions,
} from './bessel';
export {
  harmonicCoefficients,
  harmonicPower,
  smoothedProfile,
  type HarmonicOptions,
  type Profile,
} from './harmonics';
export { spectrumOf, type Spectrum } from './spectrum';
export {
  biasSquared,
  expectedSampleSize,
  linearAttentionLimit,
  populationLoss,
  variance,
  type LinearAttentionLimit,
  type PromptSize,
} from './population-loss';
export {
  mismatchFactor,
  optimalWindow,
  optimalWindowAffine,
  windowExponent,
  type OptimalWindow,
  type Smoothness,
} from './optimal-window';
