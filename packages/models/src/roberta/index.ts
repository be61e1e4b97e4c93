export { robertaBase, robertaConfig, robertaLarge, type RobertaConfig } from './config';
export type { RobertaInputs, RobertaStates } from './encoder';
export {
  roberta,
  robertaForMaskedLm,
  robertaForMultipleChoice,
  robertaForSequenceClassification,
  type RobertaChoiceParams,
  type RobertaClassifierParams,
  type RobertaMaskedParams,
  type RobertaOutput,
} from './heads';
export { positionIds } from './inputs';
export { loadRoberta } from './load';
export type { NormWeights, RobertaLayerParams, RobertaParams } from './weights';
export { saveWeights } from '../weights/save';
export { countWeights } from '../weights/weight';
