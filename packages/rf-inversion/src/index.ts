export { invertFlow, type FlowGridOptions, type InvertFlowOptions, type Inversion } from './invert-flow';
export { editFlow, type EditFlowOptions, type EditFlowResult } from './edit-flow';
export { defaultEta, rfInversion, type RfInversionOptions } from './rf-inversion';
export { gainAt, resolveGain, type Gain, type GainOptions, type GainSchedule, type GainStep } from './gains';
export { lqrCosts, lqrGain, lqrPath, lqrValue, type LqrOptions } from './lqr';
export { imageMemory, referenceDistance } from './image-memory';
export {
  integrateFlow,
  type FlowPoint,
  type FlowResult,
  type FlowRunOptions,
  type IntegrateFlowOptions,
} from './flow/integrate-flow';
export type { Pull } from './flow/pull';
export type { FlowSolverName } from './flow/solvers';
export { controlledSde, type ControlledSdeOptions } from './sde/controlled-sde';
export { controlledNoising, noisingLaw, type ControlledNoisingOptions } from './sde/controlled-noising';
export * from './baselines';
export { assertImageSize, guidanceInput, modelFamilies, type ModelFamily } from './model-family';
export { presets } from './tools/presets';
export { sweepEdit, type SweepPoint } from './tools/sweep-edit';
export { diagnoseInversion, type InversionDiagnosis } from './tools/diagnose-inversion';
export { strokeDistance, structureDistance } from './metrics/distances';
