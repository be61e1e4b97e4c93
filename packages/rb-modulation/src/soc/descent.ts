import { multiply, type Space } from '@lab/diffusion-core';
import { tf, type Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';

/** How the inner loop goes along a gradient: a pure pair of first memory and step. */
export interface Descent<X> {
  /** The step from the gradient (a new state) and the memory for the next one; frees the memory before. */
  step(gradient: X, memory: DescentMemory<X> | undefined, rate: number): Stepped<X>;
}

export interface DescentMemory<X> {
  readonly count: number;
  readonly first: X;
  readonly second: X;
}

export interface Stepped<X> {
  readonly step: X;
  readonly memory: DescentMemory<X> | undefined;
}

/** Plain gradient descent, as the paper prints it. */
export function gradientDescent<X>(space: Space<X>): Descent<X> {
  return { step: (gradient, _, rate) => ({ step: space.combine([[-rate, gradient]]), memory: undefined }) };
}

const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];

/**
 * Adam (Kingma & Ba 2015, Algorithm 1), fresh at each diffusion step, as the released code has it: the loss's scale does not
 * matter, and the first step is the rate times the gradient's sign.
 */
export function adamDescent<X>(space: Space<X>): Descent<X> {
  return {
    step(gradient, memory, rate) {
      const square = multiply(space, gradient, gradient);
      const first = space.combine([
        ...(memory ? [[beta1, memory.first] as const] : []),
        [1 - beta1, gradient],
      ]);
      const second = space.combine([
        ...(memory ? [[beta2, memory.second] as const] : []),
        [1 - beta2, square],
      ]);
      space.dispose(square);
      if (memory) freeMemory(space, memory);
      const count = (memory?.count ?? 0) + 1;
      const corrections = { mean: 1 - beta1 ** count, square: 1 - beta2 ** count };
      return {
        step: overRoot(space, first, second, { rate, ...corrections }),
        memory: { count, first, second },
      };
    },
  };
}

export function freeMemory<X>(space: Space<X>, { first, second }: DescentMemory<X>): void {
  space.dispose(first);
  space.dispose(second);
}

interface Corrections {
  readonly rate: number;
  readonly mean: number;
  readonly square: number;
}

/** `-rate m / mean / (sqrt(v / square) + epsilon)`. */
function overRoot<X>(space: Space<X>, m: X, v: X, { rate, mean, square }: Corrections): X {
  if (space.name === 'tensor')
    return tf.tidy(() =>
      tf.div(tf.mul(m as Tensor, -rate / mean), tf.add(tf.sqrt(tf.div(v as Tensor, square)), epsilon)),
    ) as X;
  const [first, second] = [m as Array64, v as Array64];
  const data = first.data.map(
    (value, i) => (-rate * value) / mean / (Math.sqrt(second.data[i]! / square) + epsilon),
  );
  return { shape: first.shape, data } as X;
}
