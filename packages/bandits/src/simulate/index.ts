export { simulate, type SimulateOptions } from './simulate';
export { logCheckpoints, type CheckpointsOptions } from './checkpoints';
export { joinSimulations } from './join';
export { summarizeSimulation } from './summary';
export type { Estimate, Simulation, SimulationRecord } from './summary';
