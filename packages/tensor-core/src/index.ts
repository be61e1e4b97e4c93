import './register';
export { LabError, isLabError, type LabErrorCode, type LabErrorDetails } from './errors';
export * from './tree';
export * from './tree-tensor';
export * as random from './random';
export type { Key } from './random';
export type { Array64 } from './linalg64';
export { tf } from './tf';
export type {
  Tensor,
  Scalar,
  Tensor1D,
  Tensor2D,
  Tensor3D,
  Tensor4D,
  TensorLike,
  DataType,
  Rank,
} from './tf';
export * from './nn';
export { engine, engineInfo } from './engine/engine';
export type { EngineInfo, EngineMemory, EngineName, EngineOptions } from './engine/types';
export {
  chooseExecution,
  executionDefault,
  noticeOnce,
  type CompiledInfo,
  type Execution,
  type ExecutionChoice,
} from './engine/execution';
export { eventLoopBreather } from './host/event-loop';
export { grad, valueAndGrad, type GradOptions } from './grad/value-and-grad';
export { hvp, jvp, vjp } from './grad/products';
export { perSampleGrads } from './grad/per-sample-grads';
export { fft, ifft, type Spectrum } from './gradients/fft';
export { randomNormal, randomTruncatedNormal, randomUniform } from './random-tensor/random-tensor';
export { fromTensor, toTensor } from './host/tensors';
export {
  HostArray,
  hostArray,
  isHostArray,
  type HostArrayLike,
  type HostData,
  type HostDType,
} from './io/host-array';
export { memoryCheckpoints } from './checkpoint/memory-checkpoints';
export type { Checkpoint, CheckpointStore, LoadedCheckpoint } from './checkpoint/store';
export * from './optim';
export * from './train';
export * as lora from './lora';
export type { LoraAdapters, LoraMerged } from './lora';
