export {
  pretrainAttention,
  promptTensors,
  type Pretrained,
  type PretrainOptions,
} from './pretrain-attention';
export type { Parameterization } from './parameters';
export { inspectMatrix, type MatrixReport } from './inspect';
export { eachPrompt, meanLoss, type MeanLoss } from './mean-loss';
