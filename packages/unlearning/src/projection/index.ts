export { rowsInMemory, type RowSource } from './gram';
export { projectOut, type Projected, type ProjectOptions } from './project-out';
export {
  projectOutMatrixFree,
  type MatrixFreeOptions,
  type MatrixFreeResult,
  type RowOperator,
} from './matrix-free';
export { minNormStep, strengthAt, type StepSize } from './min-norm-step';
