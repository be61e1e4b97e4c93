export { onnxDenoiser, type OnnxDenoiser, type OnnxDenoiserOptions } from './onnx-denoiser';
export type { OnnxDtype, OnnxRuntime, OnnxSession, OnnxTensor, OnnxValue } from './runtime';
