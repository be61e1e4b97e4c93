export {
  linearUnit,
  rescaled,
  softmaxUnit,
  type AttentionUnit,
  type Kernel,
  type SoftmaxUnitOptions,
} from './unit';
export { calibrate, signalToNoise, type Setting } from './calibrate';
export { type Prompt, type Regressor } from './prompt';
export { attend, attentionRegressor, regress, type Attention } from './attend';
export {
  attentionWeights,
  linearAttention,
  softmaxAttention,
  type PromptTensors,
  type SoftmaxOptions,
} from './tensors';
export { loadUnit, saveUnit } from './save';
