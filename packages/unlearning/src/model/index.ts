export type { BatchLoss, Samples, Task, UnlearnModel } from './types';
export { crossEntropy, distillation, meanSquare } from './losses';
export { outputGradients } from './output-gradients';
