import type { DataId, DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { LabError } from '../../errors';
import { tf } from '../../tf';
import { reshape } from '../graph/arrange';
import type { ConstantData, Graph, GraphType, Value } from '../graph/types';
import { callSite } from './call-site';
import type { KernelResult } from './registry';

/** What TensorFlow.js's engine knows of a tensor's data, and does not declare. */
interface Holder {
  readonly backend: { readSync(dataId: object): ConstantData };
}

interface EngineState {
  readonly tensorInfo: WeakMap<object, Holder>;
}

/**
 * The engine that computes nothing: its tensors stand for values of a graph, and each kernel adds a node. Tensors that
 * the traced function did not get as arguments are constants of the graph, with the numbers that they have now.
 */
export class TraceBackend extends tf.KernelBackend {
  private readonly values = new Map<object, Value>();

  constructor(readonly graph: Graph) {
    super();
  }

  /** The graph's value of a tensor. */
  lookUp({ dataId, shape, dtype }: TensorInfo): Value {
    const known = this.values.get(dataId);
    // Captured tensors of different shapes may share their data.
    if (known) return reshape(this.graph, known, complexShape(shape, dtype));
    const holder = (tf.engine().state as unknown as EngineState).tensorInfo.get(dataId);
    if (!holder)
      throw new LabError(
        'argument',
        `compile: a tensor that the function uses has been disposed of${callSite()}`,
      );
    const data = holder.backend.readSync(dataId);
    const value = this.graph.constant(data, { shape: complexShape(shape, dtype), dtype: graphType(dtype) });
    this.values.set(dataId, value);
    return value;
  }

  /** A tensor of a kernel's result. */
  output(result: KernelResult): TensorInfo {
    const dataId = {};
    if ('complex' in result) {
      this.values.set(dataId, result.complex);
      return { dataId, shape: result.complex.shape.slice(0, -1), dtype: 'complex64' };
    }
    this.values.set(dataId, result);
    return { dataId, shape: [...result.shape], dtype: result.dtype as DataType };
  }

  override write(values: ConstantData, shape: number[], dtype: DataType): DataId {
    const dataId = {};
    const data = typed(values, dtype);
    this.values.set(
      dataId,
      this.graph.constant(data, { shape: complexShape(shape, dtype), dtype: graphType(dtype) }),
    );
    return dataId;
  }

  override readSync(): never {
    throw reading();
  }

  override async read(): Promise<never> {
    throw reading();
  }

  override disposeData(dataId: object): boolean {
    this.values.delete(dataId);
    return true;
  }

  // A tensor and its clones have data of their own here, each with one owner.
  override refCount(): number {
    return 1;
  }

  override incRef(): void {
    // see refCount
  }

  override numDataIds(): number {
    return this.values.size;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override dispose(): void {
    this.values.clear();
  }
}

function reading(): LabError {
  return new LabError(
    'unsupported',
    `compile: a traced function reads the values of a tensor, which exist only when it runs${callSite()}`,
    {
      hint: 'choose with tf.where instead of if, keep loops to a fixed count, return what you want to read',
    },
  );
}

/** The graph's element type of a tensor's. */
export function graphType(dtype: DataType): GraphType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  if (dtype === 'complex64') return 'float32';
  throw new LabError('unsupported', `compile: tensors of ${dtype} cannot be compiled${callSite()}`, {
    received: dtype,
  });
}

export function complexShape(shape: readonly number[], dtype: DataType): readonly number[] {
  return dtype === 'complex64' ? [...shape, 2] : shape;
}

function typed(values: ArrayLike<number>, dtype: DataType): ConstantData {
  if (dtype === 'int32') return values instanceof Int32Array ? values.slice() : Int32Array.from(values);
  if (dtype === 'bool') return Uint8Array.from(values, (x) => (x ? 1 : 0));
  return values instanceof Float32Array ? values.slice() : Float32Array.from(values);
}
