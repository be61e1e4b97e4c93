import type { TensorInfo } from '@tensorflow/tfjs-core';
import { LabError } from '../errors';
import { tf } from '../tf';
import { stockKernel, wasmKernel } from './registry';
import { heapFloats, type WasmBackend } from './wasm-backend';

interface Inputs {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
}
interface Attrs {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}
type Routine = (
  a: number,
  aShape: Uint8Array,
  aRank: number,
  b: number,
  bShape: Uint8Array,
  bRank: number,
  transposeA: boolean,
  transposeB: boolean,
  out: number,
) => unknown;

const routines = new WeakMap<WasmBackend['wasm'], Routine>();

/** Below this many multiplications a matrix, starting the fast routine costs more than the scalar loop. */
const smallestFastProduct = 3000;

/**
 * Matrix product on the WebAssembly engine. Its fast routine knows one case, a plain 2-D product; the stock kernel
 * leaves everything else to a scalar loop. So operands are transposed first, and a batch is run product by product on
 * views into the operands' memory. Small matrices stay with the loop, which is faster for them.
 */
export function registerMatMul(): void {
  const transpose = stockKernel('Transpose');
  wasmKernel<Inputs, Attrs>('BatchMatMul', ({ backend, inputs: { a, b }, attrs }) => {
    const { transposeA = false, transposeB = false } = attrs;
    const size = sizes(a, b, transposeA, transposeB);
    const out = backend.makeOutput([...size.batchShape, size.rows, size.columns], 'float32');
    if (sizeOf(out) === 0) return out;
    if (size.inner === 0) {
      heapFloats(backend, out).fill(0);
      return out;
    }
    const small = size.rows * size.inner * size.columns < smallestFastProduct;
    if (small && !size.broadcast) {
      multiply(backend, [a, b, out], { ...size, transposeA, transposeB });
      return out;
    }
    const turned: TensorInfo[] = [];
    const plain = (x: TensorInfo, transposed: boolean): TensorInfo => {
      if (!transposed) return x;
      const perm = x.shape.map((_, axis) => axis);
      perm.push(...perm.splice(-2, 2).reverse());
      const flipped = transpose({ inputs: { x }, attrs: { perm }, backend });
      turned.push(flipped);
      return flipped;
    };
    multiplyEach(backend, plain(a, transposeA), plain(b, transposeB), out, size);
    for (const { dataId } of turned) backend.disposeData(dataId);
    return out;
  });
}

interface Sizes {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly batch: number;
  readonly batchShape: number[];
  readonly broadcast: boolean;
}

function sizes(a: TensorInfo, b: TensorInfo, transposeA: boolean, transposeB: boolean): Sizes {
  if (a.dtype !== 'float32' || b.dtype !== 'float32')
    throw new LabError('unsupported', 'matMul: the WebAssembly engine multiplies float32 matrices only', {
      received: [a.dtype, b.dtype],
      hint: "tf.cast(x, 'float32') first",
    });
  const [a0, a1] = a.shape.slice(-2) as [number, number];
  const [b0, b1] = b.shape.slice(-2) as [number, number];
  const [rows, inner] = transposeA ? [a1, a0] : [a0, a1];
  const [innerB, columns] = transposeB ? [b1, b0] : [b0, b1];
  if (inner !== innerB)
    throw new LabError('shape', 'matMul: the inner sizes differ', {
      received: [a.shape, b.shape],
      hint: `transposeA is ${String(transposeA)}, transposeB is ${String(transposeB)}`,
    });
  const [aBatch, bBatch] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batchShape = tf.broadcast_util.assertAndGetBroadcastShape(aBatch, bBatch);
  const batch = product(batchShape);
  const broadcast = product(aBatch) !== batch || product(bBatch) !== batch;
  return { rows, inner, columns, batch, batchShape, broadcast };
}

/** One call of the engine's routine: fast for a single plain product, the scalar loop otherwise. */
function multiply(
  backend: WasmBackend,
  operands: readonly [a: TensorInfo, b: TensorInfo, out: TensorInfo],
  shape: Omit<Sizes, 'batchShape' | 'broadcast'> & { transposeA?: boolean; transposeB?: boolean },
): void {
  const { rows, inner, columns, batch, transposeA = false, transposeB = false } = shape;
  const [a, b, out] = operands.map(({ dataId }) => backend.dataIdMap.get(dataId).id) as [
    number,
    number,
    number,
  ];
  const aShape = bytes(transposeA ? [batch, inner, rows] : [batch, rows, inner]);
  const bShape = bytes(transposeB ? [batch, columns, inner] : [batch, inner, columns]);
  routineOf(backend)(a, aShape, 3, b, bShape, 3, transposeA, transposeB, out);
}

function multiplyEach(
  backend: WasmBackend,
  a: TensorInfo,
  b: TensorInfo,
  out: TensorInfo,
  size: Sizes,
): void {
  const { rows, inner, columns, batch, batchShape } = size;
  const [aSize, bSize, outSize] = [rows * inner, inner * columns, rows * columns];
  // One matrix on the right for all on the left: those are the rows of one tall matrix.
  if (sizeOf(b) === bSize && sizeOf(a) === aSize * batch) {
    multiply(backend, [a, b, out], { rows: rows * batch, inner, columns, batch: 1 });
    return;
  }
  const aAt = batchOffsets(a.shape.slice(0, -2), batchShape);
  const bAt = batchOffsets(b.shape.slice(0, -2), batchShape);
  const [aBase, bBase, outBase] = [a, b, out].map(
    ({ dataId }) => backend.dataIdMap.get(dataId).memoryOffset,
  ) as [number, number, number];
  const [aShape, bShape] = [bytes([1, rows, inner]), bytes([1, inner, columns])];
  const { tfjs } = backend.wasm;
  const run = routineOf(backend);
  const view = (offset: number, length: number): number => {
    const id = backend.dataIdNextNumber++;
    tfjs.registerTensor(id, length, offset);
    return id;
  };
  for (let i = 0; i < batch; i++) {
    const left = view(aBase + 4 * aSize * (aAt[i] as number), aSize);
    const right = view(bBase + 4 * bSize * (bAt[i] as number), bSize);
    const result = view(outBase + 4 * outSize * i, outSize);
    run(left, aShape, 3, right, bShape, 3, false, false, result);
    for (const id of [left, right, result]) tfjs.disposeData(id);
  }
}

/** For each entry of the broadcast batch, which matrix of an operand with batch axes `own` it uses. */
function batchOffsets(own: readonly number[], batchShape: readonly number[]): number[] {
  const lead = batchShape.length - own.length;
  let found = [0];
  let stride = 1;
  for (let axis = batchShape.length - 1; axis >= 0; axis--) {
    const size = axis < lead ? 1 : (own[axis - lead] as number);
    const step = size === 1 ? 0 : stride;
    const steps = Array.from({ length: batchShape[axis] as number }, (_, i) => i * step);
    found = steps.flatMap((at) => found.map((inner) => at + inner));
    stride *= size;
  }
  return found;
}

function routineOf({ wasm }: WasmBackend): Routine {
  let routine = routines.get(wasm);
  if (routine === undefined) {
    const kinds = ['number', 'array', 'number', 'number', 'array', 'number', 'number', 'number', 'number'];
    routine = wasm.cwrap('BatchMatMul', null, kinds);
    routines.set(wasm, routine);
  }
  return routine;
}

function bytes(shape: readonly number[]): Uint8Array {
  return new Uint8Array(new Int32Array(shape).buffer);
}

function sizeOf({ shape }: TensorInfo): number {
  return product(shape);
}

function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
