import { engine, grad, tf, type Tensor } from '@lab/tensor-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { distance, spread } from '../support/check';
import { compiled, eager, missing, type Given, type Job } from './support';

/** As between the eager engines: float32 sums of a hundred terms stay below this. */
export const tolerance = 2e-5;

export interface Family<Case> {
  readonly cases: fc.Arbitrary<Case>;
  readonly job: (each: Case) => Job;
  /** The engine to compare with: `wasm` where the reference engine is known to be wrong. @default 'cpu' */
  readonly reference?: 'cpu' | 'wasm';
  readonly runs?: number;
  /** Cases of one graph. @default 12 */
  readonly together?: number;
}

/** Compiled equals eager for generated cases, a dozen of them in one graph; LAB_PROPERTY_RUNS asks for more. */
export function family<Case>(
  title: string,
  { cases, job, reference = 'cpu', runs = 6, together = 12 }: Family<Case>,
): void {
  test.skipIf(missing !== undefined)(title, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(cases, { minLength: 1, maxLength: together, size: 'max' }), async (chunk) => {
        const jobs = chunk.map(job);
        const wanted = await eager(reference, jobs);
        await engine({ prefer: 'wasm' });
        const found = compiled(jobs);
        found.forEach((own, i) => {
          expect(own.length, JSON.stringify(chunk[i])).toBe(wanted[i]!.length);
          own.forEach((numbers, k) => {
            const error = distance(numbers, wanted[i]![k]!);
            expect(error, `output ${String(k)} of ${JSON.stringify(chunk[i])}`).toBeLessThan(tolerance);
          });
        });
      }),
      { numRuns: Number(process.env['LAB_PROPERTY_RUNS'] ?? runs) },
    );
  });
}

/** For a linear function A: <A x, y> = <x, A^T y>, with the compiled gradient as A^T and no engine to compare with. */
export function linear<Case>(
  title: string,
  {
    cases,
    job,
  }: { cases: fc.Arbitrary<Case>; job: (each: Case) => { input: Given; run: (x: Tensor) => Tensor } },
): void {
  test.skipIf(missing !== undefined)(title, async () => {
    await engine({ prefer: 'wasm' });
    fc.assert(
      fc.property(fc.array(cases, { minLength: 1, maxLength: 12, size: 'max' }), (chunk) => {
        const jobs = chunk.map(job).map(({ input, run }): Job => {
          const { run: both } = withGradients([input], (x) => run(x));
          return {
            inputs: [input],
            run(x) {
              const [value, slope] = both(x) as [Tensor, Tensor];
              const along = tf.tensor(spread(value.size, 5, [-1, 1]), value.shape);
              return [tf.sum(tf.mul(value, along)), tf.sum(tf.mul(x, slope))];
            },
          };
        });
        compiled(jobs).forEach(([forward, backward], i) => {
          expect(distance(backward!, forward!), JSON.stringify(chunk[i])).toBeLessThan(tolerance);
        });
      }),
      { numRuns: 6 },
    );
  });
}

export type Range = readonly [low: number, high: number];

/** Numbers without ties, the same for the same seed. */
export function floats(shape: readonly number[], seed: number, range?: Range): Given {
  return { shape, values: spread(sizeOf(shape), seed, range) };
}

/** Whole numbers from `low` to below `high`, with ties. */
export function ints(shape: readonly number[], seed: number, [low, high]: Range = [-3, 4]): Given {
  const values = spread(sizeOf(shape), seed, [0, 1]);
  return {
    shape,
    dtype: 'int32',
    values: Int32Array.from(values, (x) => low + Math.floor(x * (high - low))),
  };
}

export function bools(shape: readonly number[], seed: number): Given {
  const values = spread(sizeOf(shape), seed, [-1, 1]);
  return { shape, dtype: 'bool', values: Uint8Array.from(values, (x) => (x > 0 ? 1 : 0)) };
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** A job that gives a function's result and its gradients in all inputs, along a fixed direction. */
export function withGradients(inputs: readonly Given[], run: (...inputs: Tensor[]) => Tensor): Job {
  return {
    inputs,
    run(...tensors) {
      const value = run(...tensors);
      const loss = (xs: Tensor[]): Tensor => {
        const y = run(...xs);
        return tf.sum(tf.mul(y, tf.tensor(spread(y.size, 5, [-1, 1]), y.shape)));
      };
      return [value, ...grad(loss)(tensors)];
    },
  };
}

/** Shapes of some axes. */
export function shapes(minRank: number, maxRank: number, maxSize = 4): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min: 1, max: maxSize }), { minLength: minRank, maxLength: maxRank });
}

export const seed = fc.nat({ max: 50 });
