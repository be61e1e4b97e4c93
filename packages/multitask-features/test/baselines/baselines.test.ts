import { beforeAll, describe, expect, test } from 'vitest';
import { engine, tf, valueAndGrad } from '@lab/tensor-core';
import { principalAngles, toRows, transpose } from '@lab/tensor-core/linalg64';
import { foldIn, key, normal64, split } from '@lab/tensor-core/random';
import { expectNoLeak } from '@lab/testing';
import {
  alternatingRidge,
  headStep,
  jointAdam,
  jointLoss,
  momentSubspace,
  ntkKernel,
  ntkRegression,
  oracleFeatures,
  planted,
  pretrain,
  randomFeatures,
  randomHeads,
  representationStep,
  secondMomentSubspace,
  singleTask,
  subspaceEnergy,
  taskSampler,
  tasks,
  type LossName,
} from '../../src';
import { column, coins, gaussian } from '../support/matrices';

beforeAll(async () => {
  await engine();
});

const [dimensions, rank] = [20, 3];
const problem = planted(key(0), { dimensions, rank });
const samplers = Array.from({ length: 20 }, (_, t) =>
  taskSampler(problem, tasks.signLinear(foldIn(key(1), t), { rank })),
);
const samples = 1000;

// Automatic differentiation of the whole network knows nothing of the closed form of the step.
test.each(['hinge', 'logistic', 'squared', 'correlation'] as const)(
  'the representation step is the gradient of the joint loss (%s)',
  async (loss: LossName) => {
    const [m, n, d, count] = [7, 25, 4, 3];
    const [a, b, c] = split(key(3), 3);
    const [weights, x, labels] = [gaussian(a!, m, d), gaussian(b!, n, d), coins(c!, n, count)];
    const options = { loss, etaHead: 0.7, centerLabels: false } as const;
    const all = await Promise.all(
      Array.from({ length: count }, async (_, t) => {
        const task = { x, y: column(labels, t) };
        return { ...task, ...(await headStep(weights, task, options)) };
      }),
    );
    const update = await representationStep(weights, all, options);
    const gradient = tf.tidy(() => {
      const params = {
        weight: tf.tensor2d(toRows(transpose(weights))),
        bias: tf.zeros([m]),
        heads: tf.tensor2d(all.map(({ head }) => [...head])),
      };
      const batch = {
        x: tf.tensor2d(Array.from({ length: count }, () => toRows(x)).flat()),
        y: tf.tensor1d(all.flatMap(({ y }) => [...y])),
        task: tf.tensor2d(
          all.flatMap((_, t) => Array.from({ length: n }, () => all.map((__, s) => (s === t ? 1 : 0)))),
        ),
      };
      const { grads } = valueAndGrad(jointLoss(loss))(params, batch);
      return tf.transpose(grads.weight).arraySync() as number[][];
    });
    expect(update.data.map((value) => -value)).toBeAllclose(gradient.flat(), { rtol: 1e-4, atol: 1e-6 });
  },
);

describe('moments', () => {
  test('the first moment spans what odd tasks depend on', () => {
    const { directions } = momentSubspace(samplers, { key: key(2), rank, samples });
    expect(Math.max(...principalAngles(directions, problem.projection))).toBeLessThan(0.2);
  });

  // Two signs have h = 0 and the off-diagonal second moment 2 / pi.
  test('the second moment sees XOR, the first does not', () => {
    const plane = planted(key(4), { dimensions, rank: 2 });
    const xor = [taskSampler(plane, tasks.parity([0, 1]))];
    const options = { key: key(5), rank: 2, samples: 20_000 };
    const found = secondMomentSubspace(xor, options);
    expect(Math.max(...principalAngles(found.directions, plane.projection))).toBeLessThan(0.1);
    expect(found.eigenvalues[0]!).toBeAllclose((2 / Math.PI) ** 2, { rtol: 0.1 });
    const blind = momentSubspace(xor, options);
    expect(Math.max(...principalAngles(blind.directions, plane.projection))).toBeGreaterThan(0.8);
  });
});

test('energies are in the order of the paper', async () => {
  const options = { key: key(6), width: 60, headSamples: samples };
  const energy = (weights: Parameters<typeof subspaceEnergy>[0]) =>
    subspaceEnergy(weights, problem.projection);
  const ours = energy((await pretrain(samplers, options)).weights);
  const random = energy(randomFeatures(key(7), { width: 2000, dimensions }));
  const noHeads = energy((await randomHeads(samplers, options)).weights);
  const single = await singleTask(samplers[0]!, { ...options, headSamples: 20 * samples });
  const ridged = energy(await alternatingRidge(samplers, { key: key(8), width: 60, samples }));
  expect(ours).toBeGreaterThan(0.95);
  expect(random).toBeAllclose(rank / dimensions, { atol: 0.02 });
  expect(noHeads).toBeLessThan(ours - 0.05);
  expect(ridged).toBeLessThan(ours);
  expect(energy(single.weights)).toBeGreaterThan(0.95);
  expect(energy(oracleFeatures(key(9), problem.projection, { width: 10 }))).toBeAllclose(1, { rtol: 1e-12 });
});

test('joint training lowers its loss, finds the span, and leaks nothing', async () => {
  const trained = await expectNoLeak(() =>
    jointAdam(samplers.slice(0, 8), { key: key(10), width: 32, samples: 400, epochs: 20, batchSize: 128 }),
  );
  expect(trained.losses.at(-1)!).toBeLessThan(trained.losses[0]! / 2);
  expect(subspaceEnergy(trained.weights, problem.projection)).toBeGreaterThan(2 * (rank / dimensions));
});

// A finite network of 200,000 neurons: inner products of its gradients, parameters N(0, 1).
test('the tangent kernel is that of a wide network', () => {
  const [x, others] = [gaussian(key(11), 2, 3), gaussian(key(12), 2, 3)];
  const width = 200_000;
  const w = normal64(key(13), width * 4);
  const kernel = ntkKernel(x, others, { bias: 0.5 });
  for (const [i, j] of [
    [0, 0],
    [0, 1],
    [1, 0],
  ] as const) {
    const one = [...x.data.subarray(3 * i, 3 * i + 3), 0.5];
    const two = [...others.data.subarray(3 * j, 3 * j + 3), 0.5];
    const dot = one.reduce((sum, value, k) => sum + value * two[k]!, 0);
    let sum = 0;
    for (let u = 0; u < width; u++) {
      let [p, q] = [0, 0];
      for (let k = 0; k < 4; k++) {
        p += w[4 * u + k]! * one[k]!;
        q += w[4 * u + k]! * two[k]!;
      }
      // by the head: relu relu; by the first layer: a^2 gate gate x.x', E a^2 = 1
      if (p > 0 && q > 0) sum += (p * q + dot) / width;
    }
    expect(kernel.data[2 * i + j]!).toBeAllclose(sum, { atol: 0.02 });
  }
});

test('kernel regression learns a linear label', () => {
  const x = gaussian(key(14), 300, 3);
  const y = Float64Array.from({ length: 300 }, (_, i) => (x.data[3 * i]! > 0 ? 1 : -1));
  const scores = ntkRegression(x, y)(x);
  expect(scores.filter((score, i) => Math.sign(score) === y[i]).length / 300).toBeGreaterThan(0.95);
});
