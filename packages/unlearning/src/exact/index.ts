export {
  minNormPredictor,
  predictorOf,
  unlearnLinear,
  unlearnLinearNetwork,
  type LinearNetwork,
} from './linear';
export { balancedFactors } from './balanced-factors';
export {
  activeNeurons,
  sparseOutput,
  sparsifyTwoLayer,
  twoLayerValues,
  type ScalarFunction,
  type TwoLayer,
} from './sparse-width';
export { adamw64, minNormOG64, sgd64, type Optimizer64, type Problem64 } from './algorithm64';
