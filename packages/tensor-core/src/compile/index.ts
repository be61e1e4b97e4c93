export { compile, type CompileOptions, type Compiled } from './compile';
export { compileStep, type CompileStepOptions, type CompiledStep } from './compile-step';
export { exportOnnx, type ExportOnnxOptions } from './export-onnx';
