export { affineTasks, cosineTasks, linearTasks, quadraticTasks, reluTasks, type TaskFamily } from './family';
export { lowRankTasks } from './low-rank';
export { coordinateBasis, subspaceEnergy, subspaceError } from './subspace';
export { ellipsoid, fromData, gaussian, productSphere, sphere, type CovariateLaw } from './covariates';
export { drawPrompts, type DrawPromptsOptions, type Prompts } from './prompts';
