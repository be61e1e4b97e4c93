export { autoencoderKl, type AutoencoderKl, type LatentPosterior } from './autoencoder';
export {
  stableDiffusionUnet,
  stableDiffusionVae,
  type AutoencoderKlConfig,
  type DownBlock,
  type UNet2dConditionConfig,
  type UpBlock,
} from './config';
export { loadStableDiffusion } from './load';
export {
  isStableDiffusion,
  stableDiffusionPipeline,
  type FolderReader,
  type StableDiffusionPipeline,
} from './pipeline';
export { trainedWith, type SchedulerConfig, type TrainedWith } from './scheduler';
export { unet2dCondition, type UNet2dCondition, type UNet2dConditionOptions } from './unet';
export { timeSines } from '../parts/time-sines';
export type { NetworkParams } from '../parts/part';
export { saveWeights } from '../weights/save';
export { countWeights } from '../weights/weight';
