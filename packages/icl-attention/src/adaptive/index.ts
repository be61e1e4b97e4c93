export { applyTransform, normalizeRows, standardize, whiten, type RowTransform } from './standardize';
export { predictiveVariance } from './uncertainty';
export { fitTasks, type FitTasksOptions } from './fit-tasks';
export type { Task } from './tasks';
export {
  loadTaskRegressor,
  predictTask,
  saveTaskRegressor,
  taskRegressor,
  type TaskPrediction,
  type TaskRegressor,
} from './task-regressor';
