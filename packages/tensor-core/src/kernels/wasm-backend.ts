import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';

/** The part of TensorFlow.js's WebAssembly backend that our kernels use. */
export interface WasmBackend {
  readonly wasm: {
    readonly HEAPU8: Uint8Array;
    _malloc: (bytes: number) => number;
    _free(offset: number): void;
    cwrap(name: string, returns: string | null, args: readonly string[]): (...args: unknown[]) => unknown;
    readonly tfjs: {
      registerTensor(id: number, size: number, offset: number): void;
      disposeData(id: number): void;
    };
  };
  dataIdNextNumber: number;
  readonly dataIdMap: { get(dataId: object): WasmData };
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
  disposeData(dataId: object): boolean;
  readSync(dataId: object, start?: number, end?: number): ArrayBufferView;
}

export interface WasmData {
  readonly id: number;
  readonly memoryOffset: number;
  readonly dtype: DataType;
  readonly shape: readonly number[];
}

/**
 * The floats of a tensor where they lie in the engine's heap. A view goes stale as soon as anything is allocated, so
 * make all outputs first. A complex tensor lies there as interleaved real and imaginary parts.
 */
export function heapFloats(backend: WasmBackend, tensor: TensorInfo): Float32Array {
  const { memoryOffset } = backend.dataIdMap.get(tensor.dataId);
  const size = tensor.shape.reduce((a, b) => a * b, tensor.dtype === 'complex64' ? 2 : 1);
  return new Float32Array(backend.wasm.HEAPU8.buffer, memoryOffset, size);
}

/** As {@link heapFloats}, for int32 tensors. */
export function heapInts(backend: WasmBackend, tensor: TensorInfo): Int32Array {
  const { memoryOffset } = backend.dataIdMap.get(tensor.dataId);
  return new Int32Array(
    backend.wasm.HEAPU8.buffer,
    memoryOffset,
    tensor.shape.reduce((a, b) => a * b, 1),
  );
}

/** The elements of a real tensor of any type where they lie in the engine's heap. */
export function heapOf(backend: WasmBackend, tensor: TensorInfo): Float32Array | Int32Array | Uint8Array {
  if (tensor.dtype === 'float32') return heapFloats(backend, tensor);
  if (tensor.dtype === 'int32') return heapInts(backend, tensor);
  const { memoryOffset } = backend.dataIdMap.get(tensor.dataId);
  return new Uint8Array(
    backend.wasm.HEAPU8.buffer,
    memoryOffset,
    tensor.shape.reduce((a, b) => a * b, 1),
  );
}

const reading = new WeakSet();

/** Teaches a backend's `readSync` complex tensors, which it would refuse. */
export function readComplex(backend: WasmBackend): void {
  if (reading.has(backend)) return;
  reading.add(backend);
  const read = backend.readSync.bind(backend);
  backend.readSync = (dataId, start, end) => {
    const data = backend.dataIdMap.get(dataId);
    if (data.dtype !== 'complex64') return read(dataId, start, end);
    const size = data.shape.reduce((a, b) => a * b, 1);
    const floats = new Float32Array(backend.wasm.HEAPU8.buffer, data.memoryOffset, 2 * size);
    return floats.slice(2 * (start ?? 0), 2 * (end ?? size));
  };
}
