import { disposeTree, engine, random, tf } from '@lab/tensor-core';
import '@lab/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { udlm } from '../../src';
import { uniformStateIntegrand, uniformStatePosterior } from '../../src/baselines/udlm';
import { ids, sizes } from '../support/small';

beforeAll(() => engine());

describe('UDLM', () => {
  const integrand = (p: number[], x: number, z: number, [alpha, slope]: [number, number]): number =>
    tf.tidy(() =>
      uniformStateIntegrand(tf.tensor2d([p]), {
        tokens: tf.tensor1d([x], 'int32'),
        noisy: tf.tensor1d([z], 'int32'),
        alpha: tf.scalar(alpha),
        slope: tf.scalar(slope),
      }).dataSync(),
    )[0]!;

  test('the integrand has its known values, and is 0 at the truth', () => {
    const uniform = [0.2, 0.2, 0.2, 0.2, 0.2];
    expect(integrand(uniform, 1, 1, [0.6, -1])).toBeCloseTo(0.84077394, 5);
    expect(integrand(uniform, 1, 2, [0.6, -1])).toBeCloseTo(3.5635208, 5);
    expect(integrand([0, 1, 0, 0, 0], 1, 2, [0.6, -1])).toBeCloseTo(0, 5);
  });

  test('its least integral is the entropy, with the law given all other tokens', () => {
    const p = [0.5, 0.2, 0.15, 0.1, 0.05];
    const [points, K] = [20_000, 5];
    const rows = { alpha: [] as number[], x: [] as number[], z: [] as number[], mass: [] as number[] };
    for (let i = 0; i < points; i++)
      for (let x = 0; x < K; x++)
        for (let z = 0; z < K; z++) {
          const alpha = 1 - (i + 0.5) / points;
          rows.alpha.push(alpha);
          rows.x.push(x);
          rows.z.push(z);
          rows.mass.push((p[x]! * ((x === z ? alpha : 0) + (1 - alpha) / K)) / points);
        }
    const values = tf
      .tidy(() =>
        uniformStateIntegrand(tf.tile(tf.tensor2d([p]), [rows.x.length, 1]), {
          tokens: tf.tensor1d(rows.x, 'int32'),
          noisy: tf.tensor1d(rows.z, 'int32'),
          alpha: tf.tensor2d(rows.alpha, [rows.x.length, 1]),
          slope: tf.scalar(-1),
        }),
      )
      .dataSync();
    const integral = rows.mass.reduce((sum, mass, i) => sum + mass * values[i]!, 0);
    const entropy = -p.reduce((sum, each) => sum + each * Math.log(each), 0);
    expect(entropy).toBeCloseTo(1.33307, 5);
    expect(integral).toBeAllclose(entropy, { atol: 1e-4, rtol: 0 });
  });

  test('draws under controls and a nucleus, and refuses what has no meaning for it', async () => {
    const model = udlm(sizes);
    const params = model.init(random.key(0));
    const options = { shape: [40, 6], steps: 30, key: random.key(3) };
    // Untrained all ten tokens are alike; redrawn tokens come from the prediction, of which a control leaves two.
    const two = { name: 'two', estimate: (law: Float64Array) => law.map((each, id) => (id < 2 ? each : 0)) };
    const { samples } = await model.sample(params, { ...options, controls: [two] });
    expect(samples.data.filter((id) => id < 2).length).toBeGreaterThan(0.95 * samples.data.length);
    const free = await model.sample(params, options);
    expect(free.samples.data.filter((id) => id < 2).length).toBeLessThan(0.4 * samples.data.length);
    const tight = await model.sample(params, { ...options, nucleus: { p: 0.05 } });
    expect(new Set(tight.samples.data).size).toBeLessThan(new Set(free.samples.data).size);
    for (const wrong of [{ steps: 0 }, { init: ids(1, 6) }, { times: [1, 0] }, { shape: [2] }])
      await expect(model.sample(params, { ...options, ...wrong })).rejects.toThrow(/shape|steps|even steps/);
    disposeTree(params);
  });

  test('the posterior is a law, and that of Bayes', () => {
    const p = Float64Array.of(0.5, 0.2, 0.3);
    const [alpha, alphaNext, token] = [0.4, 0.7, 1];
    const posterior = uniformStatePosterior(p, { token, alpha, alphaNext });
    const ratio = alpha / alphaNext;
    const bayes = p.map((each, s) => {
      const now = (s === token ? ratio : 0) + (1 - ratio) / 3;
      return now * (alphaNext * each + (1 - alphaNext) / 3);
    });
    const total = bayes.reduce((sum, each) => sum + each, 0);
    expect(posterior).toBeAllclose(
      bayes.map((each) => each / total),
      { atol: 1e-12 },
    );
  });
});
