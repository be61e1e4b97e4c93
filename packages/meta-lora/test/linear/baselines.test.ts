import { beforeAll, describe, expect, test } from 'vitest';
import { engine, tf, type Tensor } from '@lab/tensor-core';
import { identity, matmul, norm, transpose, type Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, key } from '@lab/tensor-core/random';
import { expectNoLeak } from '@lab/testing';
import { linear, mamlValueAndGrad } from '../../src';
import { gaussian, minus } from '../support/matrices';

const {
  drawLinearSamples,
  drawLinearTasks,
  fineTuneLinear,
  mamlGradientLinear,
  mamlLinear,
  momentsOf,
  reptileLinear,
  sharedAdapterLinear,
  standardRetrainLinear,
  standardSolution,
} = linear;

const d = 5;
const { targets, shared } = drawLinearTasks(key(1), { dimensions: d, rank: 1, tasks: 3 });
const samples = targets.map((target, t) =>
  drawLinearSamples(foldIn(key(2), t), target, { samples: 12, noise: 0.1 }),
);
const tasks = samples.map(({ x, y }) => momentsOf(x, y));
const exact = targets.map((cross) => ({ covariance: identity(d), cross, samples: 1 }));
const options = { innerRate: 0.1, innerSteps: 2 };

const plus = (a: Array64, b: Array64, factor: number): Array64 => ({
  shape: a.shape,
  data: a.data.map((value, i) => value + factor * b.data[i]!),
});
const slopeOf = (base: Array64, t: number): Array64 =>
  minus(matmul(base, tasks[t]!.covariance), tasks[t]!.cross);
const descended = (base: Array64, t: number): Array64 => {
  let adapted = base;
  for (let step = 0; step < options.innerSteps; step++)
    adapted = plus(adapted, slopeOf(adapted, t), -options.innerRate);
  return adapted;
};
/** (1/2N) ||A X - Y||^2, from the samples. */
const lossOf = (base: Array64, t: number): number => {
  const { x, y } = samples[t]!;
  return norm(minus(matmul(base, x), y)) ** 2 / (2 * x.shape[1]!);
};
const objective = (base: Array64): number =>
  tasks.reduce((sum, _, t) => sum + lossOf(descended(base, t), t) / tasks.length, 0);

beforeAll(() => engine());

describe('MAML', () => {
  test('its gradient is the slope of the unrolled objective, and vanishes at its solution', () => {
    const [base, along] = [gaussian(3, [d, d]), gaussian(4, [d, d])];
    const gradient = mamlGradientLinear(base, tasks, options);
    const slope = gradient.data.reduce((sum, value, i) => sum + value * along.data[i]!, 0);
    const step = 1e-4;
    const measured = (objective(plus(base, along, step)) - objective(plus(base, along, -step))) / (2 * step);
    expect(measured / slope).toBeCloseTo(1, 7);
    const solution = mamlLinear(tasks, options);
    expect(norm(mamlGradientLinear(solution, tasks, options))).toBeLessThan(1e-12);
    expect(objective(solution)).toBeLessThan(objective(standardRetrainLinear(tasks)));
  });

  test('of a network with one linear layer, differentiated through its descent, is the same gradient', () =>
    expectNoLeak(() =>
      tf.tidy(() => {
        const tensor = (a: Array64): Tensor =>
          tf.tensor2d(Float32Array.from(a.data), a.shape as [number, number]);
        const base = gaussian(3, [d, d]);
        // Inputs are rows there: the layer is A^T.
        const episodes = samples.map(({ x, y }) => {
          const batch = { x: tensor(transpose(x)), y: tensor(transpose(y)) };
          return { support: batch, query: batch };
        });
        const loss = ({ weight }: { weight: Tensor }, { x, y }: (typeof episodes)[0]['query']): Tensor =>
          tf.div(tf.sum(tf.squaredDifference(tf.matMul(x as never, weight as never), y)), 2 * x.shape[0]);
        const { grads } = mamlValueAndGrad({ loss, ...options })(
          { weight: tensor(transpose(base)) },
          episodes,
          key(0),
        );
        const expected = mamlGradientLinear(base, tasks, options);
        expect(grads.weight).toBeAllclose(tensor(transpose(expected)), { rtol: 1e-4, atol: 1e-5 });
      }),
    ));
});

test('Reptile rests where the ways of the tasks cancel', () => {
  const rest = reptileLinear(tasks, options);
  const ways = tasks.map((_, t) => minus(descended(rest, t), rest));
  expect(norm(ways.reduce((sum, way) => plus(sum, way, 1)))).toBeLessThan(1e-12);
  expect(norm(ways[0]!)).toBeGreaterThan(0.1);
});

test('with infinite samples MAML and Reptile end at the base of standard retraining', () => {
  const mean = standardSolution(targets);
  for (const found of [mamlLinear(exact, options), reptileLinear(exact, options)])
    expect(norm(minus(found, mean))).toBeLessThan(1e-12);
});

describe('multi-task LoRA', () => {
  const total = (base: Array64): number => tasks.reduce((sum, _, t) => sum + lossOf(base, t), 0);

  test('is the best change of its rank: descent on the pooled samples ends there', () => {
    const pooled = momentsOf(
      ...((['x', 'y'] as const).map((side) => {
        const columns = samples.map((each) => transpose(each[side]));
        const data = Float64Array.from(columns.flatMap((each) => Array.from(each.data)));
        return transpose({ shape: [data.length / d, d], data });
      }) as [Array64, Array64]),
    );
    const best = total(sharedAdapterLinear(shared, tasks, { rank: 2 }));
    const descents = [1, 2, 3].map((seed) =>
      total(fineTuneLinear(shared, pooled, { rank: 2, key: key(seed), learningRate: 0.02, steps: 20_000 })),
    );
    expect(Math.min(...descents) / best).toBeCloseTo(1, 6);
    expect(Math.min(...descents)).toBeGreaterThan(best - 1e-10);
  });

  test('M19: one slot for all tasks is no better than standard retraining, and with full rank the same', () => {
    const standard = standardRetrainLinear(tasks);
    const ranks = Array.from({ length: d + 1 }, (_, rank) =>
      total(sharedAdapterLinear(shared, tasks, { rank })),
    );
    ranks.slice(1).forEach((loss, r) => expect(loss).toBeLessThanOrEqual(ranks[r]! + 1e-12));
    expect(ranks[d]).toBeCloseTo(total(standard), 10);
    expect(norm(minus(sharedAdapterLinear(standard, tasks, { rank: 1 }), standard))).toBeLessThan(1e-12);
  });

  test('mistakes are refused', () => {
    expect(() => sharedAdapterLinear(shared, tasks, { rank: 6 })).toThrow(/rank/);
    expect(() => mamlLinear([], options)).toThrow(/no tasks/);
    expect(() => reptileLinear(tasks, { innerSteps: 0 })).toThrow(/innerSteps/);
  });
});
