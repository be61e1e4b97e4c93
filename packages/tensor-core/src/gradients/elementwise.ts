import { tf, type Tensor } from '../tf';
import { gradient, noGradient, sumTo } from './registry';

/** Gradients of elementwise ops: those that the stock table has without broadcasting, or to the first order only. */
export function registerElementwiseGradients(): void {
  // elu' is 1 above zero and elu + 1 below; the stock gradient is a kernel of its own, which has none.
  gradient('Elu', {
    outputs: [true],
    backward: (dy, saved) => {
      const [y] = saved as [Tensor];
      return { x: () => tf.mul(dy, tf.add(tf.minimum(y, 0), 1)) };
    },
  });
  broadcasting('SquaredDifference', (dy, a, b) => {
    const half = tf.mul(dy, tf.mul(tf.sub(a, b), 2));
    return [half, tf.neg(half)];
  });
  broadcasting('Maximum', (dy, a, b) => choice(dy, tf.greaterEqual(a, b)));
  broadcasting('Minimum', (dy, a, b) => choice(dy, tf.lessEqual(a, b)));
  for (const name of [
    'Equal',
    'NotEqual',
    'Less',
    'LessEqual',
    'Greater',
    'GreaterEqual',
    'LogicalAnd',
    'LogicalOr',
  ])
    flat(name, ['a', 'b']);
  flat('LogicalNot', ['x']);
}

type TwoSided = (dy: Tensor, a: Tensor, b: Tensor) => readonly [Tensor, Tensor];

/** The gradient of an op of two broadcast operands, from what it would be if both had the output's shape. */
function broadcasting(kernelName: string, sides: TwoSided): void {
  gradient(kernelName, {
    inputs: ['a', 'b'],
    backward: (dy, saved) => {
      const [a, b] = saved as [Tensor, Tensor];
      return {
        a: () => sumTo(sides(dy, a, b)[0], a.shape),
        b: () => sumTo(sides(dy, a, b)[1], b.shape),
      };
    },
  });
}

/** The cotangent goes to the first operand where it was taken (also where both are equal), else to the second. */
function choice(dy: Tensor, first: Tensor): readonly [Tensor, Tensor] {
  const mask = tf.cast(first, 'float32');
  return [tf.mul(dy, mask), tf.mul(dy, tf.sub(1, mask))];
}

/** Conditions are flat: second derivatives of ops with a kink pass through them. */
function flat(kernelName: string, inputs: readonly string[]): void {
  gradient(kernelName, {
    inputs,
    backward: (_, saved) =>
      Object.fromEntries(inputs.map((name, i) => [name, noGradient(saved[i] as Tensor)])),
  });
}
