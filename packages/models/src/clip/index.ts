export { clip, clipText, clipTextStates, clipVision, type ClipInputs, type ClipOutput } from './clip';
export {
  clipBase,
  clipLarge,
  type ClipConfig,
  type ClipTextConfig,
  type ClipTowerConfig,
  type ClipVisionConfig,
} from './config';
export { csd, loadCsd, type CsdOutput } from './csd';
export type { ClipStates } from './layer';
export { clipDeviation, clipMean, clipPixels } from './pixels';
export type { ClipTextOutput, ClipTexts, ClipTextStates } from './text';
export type { ClipVisionOutput, ClipVisionStates } from './vision';
export type { NetworkParams } from '../parts/part';
export { loadWeights, type LoadWeightsOptions } from '../weights/load';
export { saveWeights } from '../weights/save';
export { countWeights } from '../weights/weight';
