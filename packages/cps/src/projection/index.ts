export { compileConstraints, type CompiledConstraints, type CompileOptions } from './compile';
export type { AffineScale, DenseScale, DiagonalScale, SampleScale, Scale } from './scale';
export type { Violation, ViolationReport } from './violations';
