export { ddim, type DdimOptions } from './ddim';
export { ddpm, type DdpmOptions } from './ddpm';
export { euler } from './euler';
export { heun } from './heun';
export { dpmpp2m } from './dpmpp2m';
export { flowOde } from './flow-ode';
export { flowSde, type FlowSdeOptions } from './flow-sde';
export type { Remembered, Solver, SolverResult, SolverStep } from './types';
