export { compile, type CompileOptions, type Compiled } from './compile';
export { compileStep, type CompileStepOptions, type CompiledStep } from './compile-step';
