import { tf, type Tensor } from '../tf';
import { gradient } from './registry';

interface ScanAttrs {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

/** Running and whole sums and products along an axis. */
export function registerScanGradients(): void {
  // The stock one transposes its result when the axis is not the last.
  gradient<ScanAttrs>('Cumsum', {
    backward: (dy, _, { axis, exclusive, reverse }) => ({
      x: () => tf.cumsum(dy, axis, exclusive, !reverse),
    }),
  });
  gradient<ScanAttrs>('Cumprod', {
    inputs: ['x'],
    backward: (dy, saved, attrs) => ({ x: () => cumprodBackward(saved[0] as Tensor, dy, attrs) }),
  });
  // The stock one calls chained methods, which Node has not.
  gradient<{ axis?: number | number[] | null }>('Prod', {
    inputs: ['x'],
    backward: (dy, saved, { axis }) => ({ x: () => prodBackward(saved[0] as Tensor, dy, axis) }),
  });
}

/**
 * dx_i = (product before i) S_i with S_i = dy_i + x_{i+1} S_{i+1}: exact where factors are zero, which dividing by x is
 * not. In the exclusive case S_i starts at dy_{i+1}. One op a step along the axis.
 */
function cumprodBackward(x: Tensor, dy: Tensor, { axis, exclusive, reverse }: ScanAttrs): Tensor {
  const at = axis < 0 ? axis + x.rank : axis;
  // Copies: the lists themselves belong to the tape.
  const factors = reverse ? [...tf.unstack(x, at)].reverse() : tf.unstack(x, at);
  const cotangents = reverse ? [...tf.unstack(dy, at)].reverse() : tf.unstack(dy, at);
  const sums: Tensor[] = [];
  let carry: Tensor | undefined;
  for (let i = factors.length - 1; i >= 0; i--) {
    const own = cotangents[exclusive ? i + 1 : i];
    const later = factors[i + 1];
    const carried = carry !== undefined && later !== undefined ? tf.mul(carry, later) : undefined;
    const total: Tensor | undefined = own !== undefined && carried !== undefined ? tf.add(own, carried) : own;
    carry = total ?? tf.zerosLike(factors[i] as Tensor);
    sums.push(carry);
  }
  const ordered = tf.stack(reverse ? sums : sums.reverse(), at);
  return tf.mul(tf.cumprod(x, at, true, reverse), ordered);
}

/** The product of all other factors: what stands before times what stands after. */
function prodBackward(x: Tensor, dy: Tensor, axis: number | number[] | null | undefined): Tensor {
  const axes = tf.util.parseAxisParam((axis ?? null) as number[], x.shape);
  const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const order = [...kept, ...axes];
  const size = axes.reduce((n, i) => n * (x.shape[i] as number), 1);
  const rows = tf.reshape(tf.transpose(x, order), [-1, size]);
  const others = tf.mul(tf.cumprod(rows, 1, true, false), tf.cumprod(rows, 1, true, true));
  const dx = tf.reshape(
    tf.mul(others, tf.reshape(dy, [-1, 1])),
    order.map((i) => x.shape[i] as number),
  );
  return tf.transpose(
    dx,
    order.map((_, i) => order.indexOf(i)),
  );
}
