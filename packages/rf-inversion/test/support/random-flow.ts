import { float64Space, fromArray64, tensorSpace, toFloat64, type Denoiser } from '@lab/diffusion-core';
import { tf, type Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { key, normal, split, uniform } from '@lab/tensor-core/random';

/** A random network: two layers, time among the inputs. In float64 on the host. */
export function randomFlow(size: number, seed = 0, width = 16): Denoiser<Array64> {
  const [first, second] = split(key(seed), 2) as [never, never];
  const up = normal(first, (size + 1) * width);
  const down = normal(second, width * size);
  return {
    predicts: 'velocity',
    space: float64Space,
    predict(x, t) {
      const rows = x.data.length / size;
      const data = new Float64Array(x.data.length);
      for (let r = 0; r < rows; r++)
        for (let w = 0; w < width; w++) {
          let sum = t * up[size * width + w]!;
          for (let i = 0; i < size; i++) sum += x.data[r * size + i]! * up[i * width + w]!;
          const active = Math.tanh(sum);
          for (let i = 0; i < size; i++) data[r * size + i]! += active * down[w * size + i]!;
        }
      return { shape: x.shape, data };
    },
  };
}

/** The same on tensors; for tests of the tensor space. */
export function randomTensorFlow(size: number, seed = 0, width = 16): Denoiser {
  const host = randomFlow(size, seed, width);
  return {
    predicts: 'velocity',
    space: tensorSpace,
    async predict(x: Tensor, t: number) {
      const input = { shape: x.shape, data: new Float64Array(await x.data()) };
      return fromArray64(await host.predict(input, t));
    },
  };
}

export { toFloat64 };

export const draw = (seed: number, shape: readonly number[]): Array64 => ({
  shape: [...shape],
  data: Float64Array.from(normal(key(seed), [...shape])),
});

/** A random strictly falling grid from 1 to 0. */
export function randomTimes(seed: number, steps: number): number[] {
  const gaps = Array.from(uniform(key(seed), steps), (u) => 0.05 + u);
  const total = gaps.reduce((a, b) => a + b, 0);
  let at = 1;
  return [1, ...gaps.map((gap, i) => (i === steps - 1 ? 0 : (at -= gap / total)))];
}

export const asTensor = (x: Array64): Tensor => tf.tensor(Float32Array.from(x.data), [...x.shape]);
