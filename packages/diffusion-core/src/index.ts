export * from './types';
export { float64Space } from './spaces/float64-space';
export { tensorSpace } from './spaces/tensor-space';
export { multiply } from './spaces/multiply';
export { fromArray64, toArray64 } from './spaces/convert';
export { vpLinearSchedule, type VpLinearOptions } from './schedules/vp-linear';
export { cosineSchedule, type CosineOptions } from './schedules/cosine';
export { rectifiedFlowSchedule, type RectifiedFlowOptions } from './schedules/rectified-flow';
export { resolutionShift, type ResolutionShiftOptions } from './schedules/resolution-shift';
export { logSnrTimes, type LogSnrTimesOptions } from './schedules/log-snr-times';
export { signalLevelSchedule } from './schedules/signal-level';
export {
  cosineLevels,
  linearBetas,
  quadraticBetas,
  signalLevels,
  type BetaOptions,
  type CosineLevelsOptions,
} from './schedules/betas';
export { noiseFor, toEstimate, toPrediction, type Level } from './estimates/convert';
export { estimate, type EstimateOptions } from './estimates/estimate';
export { score, tweedieMean } from './estimates/tweedie';
export * from './solvers';
export { sample } from './sampling/sample';
export { trajectory } from './sampling/trajectory';
export type { SampleOptions, SampleResult, TrajectoryPoint } from './sampling/options';
export { gaussianDenoiser, type GaussianDenoiser, type GaussianOptions } from './analytic/gaussian-denoiser';
export { mixtureDenoiser, type MixtureOptions } from './analytic/mixture-denoiser';
export { pointsDenoiser, type PointClasses, type PointsOptions } from './analytic/points-denoiser';
export {
  flatMean,
  spectrumOf,
  type Covariance,
  type Spectrum as CovarianceSpectrum,
} from './analytic/spectrum';
export { clampEstimate, type ClampOptions } from './sampling/clamp-estimate';
export { controlToFloat64, type ControlToFloat64Options } from './sampling/control-to-float64';
export { classifierFreeGuidance, type GuidanceOptions } from './guidance/classifier-free-guidance';
export {
  mlpDenoiser,
  type DenoisingNetwork,
  type MlpDenoiserOptions,
  type MlpDenoiserParams,
} from './networks/mlp-denoiser';
export {
  timeSeriesTransformer,
  type TimeSeriesTransformerOptions,
  type TimeSeriesTransformerParams,
} from './networks/time-series-transformer';
export { imageUnet, type ImageUnetOptions, type ImageUnetParams } from './networks/image/image-unet';
export {
  diffusionTransformer,
  type DiffusionTransformerBlockParams,
  type DiffusionTransformerOptions,
  type DiffusionTransformerParams,
} from './networks/image/diffusion-transformer';
export {
  imageAutoencoder,
  type ImageAutoencoder,
  type ImageAutoencoderOptions,
  type ImageAutoencoderParams,
} from './networks/image/image-autoencoder';
export type { ImageCondition, TokensOptions } from './networks/image/condition';
export type { Metadata, MetadataOptions } from './networks/metadata';
export type { TimeFeatureOptions } from './networks/time-features';
export { networkDenoiser, type NetworkDenoiserOptions } from './networks/network-denoiser';
export { flowDenoiser } from './networks/flow-denoiser';
export { toFloat64 } from './networks/to-float64';
export {
  levelledBatch,
  type DenoisingBatch,
  type LevelledBatch,
  type LevelOptions,
} from './training/denoising-batch';
export { denoisingLoss, type DenoisingLossOptions } from './training/denoising-loss';
export { autoencoderLoss, type AutoencoderLossOptions } from './training/autoencoder-loss';
export { lossWeight, type Weighting } from './training/weighting';
export {
  drawTimes,
  gridTimes,
  logitNormalTimes,
  uniformTimes,
  type DrawTimesOptions,
  type LogitNormalOptions,
  type TimeLaw,
  type TimeSpread,
} from './training/draw-times';
export { arrayData, type CleanBatch, type MetadataArrays, type TrainingData } from './training/training-data';
export {
  trainDenoiser,
  type TrainableNetwork,
  type TrainDenoiserOptions,
  type TrainedDenoiser,
} from './training/train-denoiser';
