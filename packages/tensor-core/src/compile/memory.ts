import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { heapOf, type WasmBackend } from '../kernels/wasm-backend';
import { tf, type Tensor } from '../tf';
import { sizeOf } from './graph/graph';
import type { Value } from './graph/types';
import type { OrtData } from './runtime/binding';
import { allocate } from './runtime/session';

interface Engine {
  readonly backendName: string;
  readonly backend: WasmBackend;
  readonly state: { readonly tensorInfo: WeakMap<object, { readonly backend: unknown }> };
  makeTensorFromTensorInfo(info: TensorInfo, backend: unknown): Tensor;
}

/** Memory that the runtime writes and that becomes a tensor. */
export interface OutputMemory {
  /** A view that is good until the next allocation. */
  data(): OrtData;
  /** The tensor, the caller's. */
  tensor(): Tensor;
  /** Gives the memory back unused. */
  free(): void;
}

/** Where a tensor's numbers lie: a view of the WebAssembly heap, good until the next allocation, or a copy. */
export function numbersOf(tensor: Tensor): OrtData {
  const engine = tf.engine() as unknown as Engine;
  const inHeap =
    engine.backendName === 'wasm' &&
    tensor.dtype !== 'complex64' &&
    engine.state.tensorInfo.get(tensor.dataId)?.backend === engine.backend;
  return inHeap ? heapOf(engine.backend, tensor) : tensor.dataSync();
}

/** Memory for a result, in the WebAssembly heap where that engine runs. */
export function outputMemory(value: Value, dtype: DataType): OutputMemory {
  const shape = dtype === 'complex64' ? value.shape.slice(0, -1) : value.shape;
  const engine = tf.engine() as unknown as Engine;
  if (engine.backendName === 'wasm' && dtype !== 'complex64') {
    const { backend } = engine;
    const info = backend.makeOutput([...shape], dtype);
    return {
      data: () => heapOf(backend, info),
      tensor: () => engine.makeTensorFromTensorInfo(info, backend),
      free: () => void backend.disposeData(info.dataId),
    };
  }
  const data = allocate(value.dtype, sizeOf(value));
  return {
    data: () => data,
    tensor: () =>
      dtype === 'complex64'
        ? complexTensor(data as Float32Array, shape)
        : tf.tensor(data as Float32Array, [...shape], dtype),
    free: () => undefined,
  };
}

function complexTensor(data: Float32Array, shape: readonly number[]): Tensor {
  const part = (offset: 0 | 1): Float32Array =>
    Float32Array.from({ length: data.length / 2 }, (_, i) => data[2 * i + offset]!);
  return tf.tidy(() => tf.complex(tf.tensor(part(0), [...shape]), tf.tensor(part(1), [...shape])));
}
