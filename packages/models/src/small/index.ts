export {
  loadSmallModel,
  type LoadSmallModelOptions,
  type SmallAutoencoder,
  type SmallClassifier,
  type SmallDenoiser,
  type SmallModels,
} from './load-small-model';
export { smallModels, type SmallModelInfo, type SmallModelName } from './table';
export type { Classes } from './class-denoiser';
export type { WeightSource } from './weight-file';
export type { ConditionalNetwork, DigitsClassifierOutput, DigitsClassifierParams } from './networks';
