export { pretrain } from './pretrain';
export type { PretrainOptions, PretrainStep } from './options';
export type { Diversity, FeatureModel, RoundReport, TaskReport } from './feature-model';
export { headStep, type Head, type StepOptions } from './head-step';
export { representationStep, type RepresentationOptions } from './representation-step';
export {
  pseudoContrastiveStep,
  type PseudoContrastive,
  type PseudoContrastiveOptions,
} from './pseudo-contrastive';
export { normalizeMean, normalizeRows } from './normalize';
export { permutationRank, suggestedRank, type PermutationRank } from './suggested-rank';
export { taskGains, type TaskGain, type TaskGainOptions } from './task-gains';
export { effectiveRank } from './diagnostics';
export { loadModel, saveModel } from './save-model';
