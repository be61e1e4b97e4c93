export {
  compileConstraints,
  isFeasible,
  type CompiledConstraints,
  type CompileOptions,
  type FeasibilityReport,
} from './compile';
export type { AffineScale, DenseScale, DiagonalScale, SampleScale, Scale } from './scale';
export type { Violation, ViolationReport } from './violations';
export { dualAscent, type RowSolution, type RowSolverOptions } from './dual-ascent';
export { admm, type AdmmOptions } from './admm';
