export { explorationProgram, type ExplorationOptions, type ExplorationProgram } from './exploration-program';
export { gapsOf, regretConstant, type RegretConstantOptions } from './regret-constant';
export { regretConstantByHighs } from './highs';
export { finiteTimeInformation, type FiniteTimeOptions } from './finite-time';
export { explorationCost, type ExplorationCostOptions } from './exploration-cost';
