import { spreadOut } from '../kernels/conv-2d';
import { planStridedSlice, type StridedSliceAttrs } from '../kernels/strided-slice';
import { tf, type Tensor } from '../tf';
import { gradient } from './registry';

interface MirrorPadAttrs {
  readonly paddings: readonly (readonly [number, number])[];
  readonly mode: 'reflect' | 'symmetric';
}

/** Gradients of the ops that copy parts of a tensor. */
export function registerSliceGradients(): void {
  gradient<StridedSliceAttrs>('StridedSlice', {
    inputs: ['x'],
    backward: (dy, saved, attrs) => ({
      x: () => stridedSliceBackward((saved[0] as Tensor).shape, dy, attrs),
    }),
  });
  gradient<MirrorPadAttrs>('MirrorPad', {
    inputs: ['x'],
    backward: (dy, saved, attrs) => ({ x: () => mirrorPadBackward((saved[0] as Tensor).shape, dy, attrs) }),
  });
  gradient<{ reps: number[] }>('Tile', {
    inputs: ['x'],
    backward: (dy, saved, { reps }) => ({ x: () => tileBackward((saved[0] as Tensor).shape, dy, reps) }),
  });
  gradient<{ blockSize: number; dataFormat: string }>('DepthToSpace', {
    backward: (dy, _, { blockSize, dataFormat }) => ({ x: () => spaceToDepth(dy, blockSize, dataFormat) }),
  });
}

function stridedSliceBackward(shape: number[], dy: Tensor, attrs: StridedSliceAttrs): Tensor {
  const { axes } = planStridedSlice(shape, attrs);
  if (dy.size === 0) return tf.zeros(shape);
  let spread = tf.reshape(
    dy,
    axes.map(({ count }) => count),
  );
  const pads = axes.map(({ from, step, count }, axis): [number, number] => {
    if (step < 0) spread = tf.reverse(spread, axis);
    spread = spreadOut(spread, axis, Math.abs(step));
    const start = step < 0 ? from + (count - 1) * step : from;
    return [start, (shape[axis] as number) - start - (spread.shape[axis] as number)];
  });
  return tf.pad(spread, pads);
}

/** The stock gradient drops what was reflected; here it is folded back, axis by axis. */
function mirrorPadBackward(shape: number[], dy: Tensor, { paddings, mode }: MirrorPadAttrs): Tensor {
  const offset = mode === 'reflect' ? 1 : 0;
  return shape.reduce((rest, size, axis) => {
    const [left, right] = paddings[axis] ?? [0, 0];
    if (left + right === 0) return rest;
    const part = (from: number, length: number): Tensor => sliceAxis(rest, axis, from, length);
    const placed = (x: Tensor, from: number, length: number): Tensor =>
      padAxis(tf.reverse(x, axis), axis, from, size - from - length);
    const terms = [part(left, size)];
    if (left > 0) terms.push(placed(part(0, left), offset, left));
    if (right > 0) terms.push(placed(part(left + size, right), size - offset - right, right));
    return tf.addN(terms);
  }, dy);
}

/** The sum over the copies; the stock gradient adds slices one by one and ends at rank 4. */
function tileBackward(shape: number[], dy: Tensor, reps: number[]): Tensor {
  let rest = dy;
  let before = 1;
  shape.forEach((size, axis) => {
    const copies = reps[axis] ?? 1;
    const after = rest.size / (before * copies * size);
    if (copies !== 1) rest = tf.sum(tf.reshape(rest, [before, copies, size * after]), 1);
    before *= size;
  });
  return tf.reshape(rest, shape);
}

function spaceToDepth(dy: Tensor, block: number, dataFormat: string): Tensor {
  const last = dataFormat === 'NHWC';
  const [batch, height, width, depth] = (last ? dy : tf.transpose(dy, [0, 2, 3, 1])).shape as [
    number,
    number,
    number,
    number,
  ];
  const pixels = tf.reshape(last ? dy : tf.transpose(dy, [0, 2, 3, 1]), [
    ...[batch, height / block, block],
    ...[width / block, block, depth],
  ]);
  const deep = tf.reshape(tf.transpose(pixels, [0, 1, 3, 2, 4, 5]), [
    ...[batch, height / block],
    ...[width / block, block * block * depth],
  ]);
  return last ? deep : tf.transpose(deep, [0, 3, 1, 2]);
}

function sliceAxis(x: Tensor, axis: number, from: number, length: number): Tensor {
  const begin = x.shape.map((_, i) => (i === axis ? from : 0));
  return tf.slice(
    x,
    begin,
    x.shape.map((size, i) => (i === axis ? length : size)),
  );
}

function padAxis(x: Tensor, axis: number, before: number, after: number): Tensor {
  return tf.pad(
    x,
    x.shape.map((_, i): [number, number] => (i === axis ? [before, after] : [0, 0])),
  );
}
