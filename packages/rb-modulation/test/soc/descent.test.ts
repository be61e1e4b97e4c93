import { fc, test as property } from '@fast-check/vitest';
import { mixtureDenoiser, sample, tensorSpace, type Control } from '@lab/diffusion-core';
import { engine, tf, type Tensor } from '@lab/tensor-core';
import { fromRows, type Array64 } from '@lab/tensor-core/linalg64';
import { key } from '@lab/tensor-core/random';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectNoLeak } from '@lab/testing';
import { exactSocSample, linearCost, linearTensorCost, lq, proximalSoc, type TerminalCost } from '../../src';
import { adamDescent, gradientDescent } from '../../src/soc/descent';
import { float64Space } from '@lab/diffusion-core';
import { firstIs, run, schedule, tensorGaussian } from '../support/gaussian';
import { expectRefusal } from '../support/throws';

beforeAll(async () => {
  await engine({ prefer: 'wasm' });
});

describe('the descent', () => {
  const row = (...values: number[]): Array64 => ({
    shape: [1, values.length],
    data: Float64Array.from(values),
  });
  const g = row(0.3, -2, 1e-3);
  test('of Adam begins with the sign of the gradient times the rate, whatever its scale', () => {
    const adam = adamDescent(float64Space);
    const { step } = adam.step(g, undefined, 0.1);
    expect(step.data).toBeAllclose([-0.1, 0.1, -0.099999], { atol: 1e-5, rtol: 0 });
    const thousandfold = row(300, -2000, 1);
    let [small, large] = [adam.step(g, undefined, 0.1), adam.step(thousandfold, undefined, 0.1)];
    for (let k = 0; k < 3; k++) {
      const turned = g.data.map((value, i) => value * Math.cos(i + k));
      small = adam.step({ ...g, data: turned }, small.memory, 0.1);
      large = adam.step({ ...g, data: turned.map((value) => 1000 * value) }, large.memory, 0.1);
      expect(large.step).toBeAllclose(small.step, { rtol: 1e-4 });
    }
  });

  // Kingma & Ba 2015, Algorithm 1, for one entry.
  test('is the same in both spaces, and by the formulas', () => {
    const factors = [1, 0.5, -0.25];
    let [m, v] = [0, 0];
    let [host, device] = [undefined, undefined] as [
      ReturnType<ReturnType<typeof adamDescent<Array64>>['step']> | undefined,
      ReturnType<ReturnType<typeof adamDescent<Tensor>>['step']> | undefined,
    ];
    factors.forEach((factor, k) => {
      m = 0.9 * m + 0.1 * 0.3 * factor;
      v = 0.999 * v + 0.001 * (0.3 * factor) ** 2;
      const expected = (-0.1 * (m / (1 - 0.9 ** (k + 1)))) / (Math.sqrt(v / (1 - 0.999 ** (k + 1))) + 1e-8);
      host = adamDescent(float64Space).step(float64Space.combine([[factor, g]]), host?.memory, 0.1);
      const gradient = tf.tensor2d(
        Float32Array.from(g.data, (each) => each * factor),
        [1, 3],
      );
      device = adamDescent(tensorSpace).step(gradient, device?.memory, 0.1);
      expect(host.step.data[0]).toBeAllclose(expected, { rtol: 1e-10 });
      expect(device.step).toBeAllclose(host.step, { atol: 1e-5 });
    });
    expect(gradientDescent(float64Space).step(g, undefined, 0.1).step.data).toBeAllclose([-0.03, 0.2, -1e-4]);
  });

  test('has the rate eta (1 - i / T) at level i', async () => {
    const rates: number[] = [];
    const slope: TerminalCost<Array64> = {
      name: 'slope',
      evaluate: (z) => ({
        costs: new Float64Array(z.shape[0]!),
        gradient: { ...z, data: z.data.map(() => 1) },
      }),
    };
    const control = proximalSoc(slope, { eta: 0.2, steps: 1 });
    const watch: Control<Array64> = {
      name: 'watch',
      estimate: (x0, { estimate }) => {
        rates.push(estimate.x0.data[0]! - x0.data[0]!);
        return x0;
      },
    };
    await run([control, watch], 5);
    expect(rates).toBeAllclose([0.2, 0.16, 0.12, 0.08, 0.04], { atol: 1e-7 });
  });
});

describe('the inner loop', () => {
  // M steps of the loop against the closed form of lq, on both kinds of lambda.
  property.prop([
    fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 8, maxLength: 8 }),
    fc.double({ min: 0, max: 2, noNaN: true }),
  ])('is the closed form, and never raises the cost below the bound', async (numbers, lambda) => {
    const matrix = fromRows([numbers.slice(0, 3), numbers.slice(3, 6)]);
    const style = numbers.slice(6);
    const cost = linearCost({ matrix, style });
    const bound = lq.stepBound(matrix, lambda);
    const eta = 0.9 * Math.min(bound, 1);
    const x = { shape: [1, 3], data: Float64Array.of(0.2, -1, 0.5) };
    const whole = async (z: Array64): Promise<number> =>
      (await cost.evaluate(z)).costs[0]! +
      lambda * z.data.reduce((sum, value, i) => sum + (value - x.data[i]!) ** 2, 0);
    const settings = { preset: 'paper', eta, lambda, steps: 4 } as const;
    let seen: Array64 | undefined;
    const point: Control<Array64> = {
      name: 'point',
      async estimate(x0, step) {
        seen ??= await proximalSoc(cost, settings).estimate!(x, step);
        return x0;
      },
    };
    const start = { shape: [1, 3], data: new Float64Array(3) };
    const still = mixtureDenoiser({ weights: [1], means: [[0, 0, 0]], covariances: 1, schedule });
    await sample(still, { schedule, steps: 1, init: start, key: key(0), controls: [point] });
    expect(seen!.data).toBeAllclose(lq.descendedPoint(x.data, { matrix, style, lambda, eta, steps: 4 }), {
      atol: 1e-9,
      rtol: 1e-9,
    });
    const [before, after] = [await whole(x), await whole(seen!)];
    expect(after).toBeLessThanOrEqual(before * (1 + 1e-12));
    // How far it went is bounded by what it gained.
    const gain = (await cost.evaluate(x)).costs[0]! - (await cost.evaluate(seen!)).costs[0]!;
    const distance = seen!.data.reduce((sum, value, i) => sum + (value - x.data[i]!) ** 2, 0);
    if (lambda > 1e-3) expect(distance).toBeLessThanOrEqual(gain / lambda + 1e-9);
  });

  test('reports costs, and frees everything, also when it fails', async () => {
    const reports: number[] = [];
    await run([
      proximalSoc(linearCost(firstIs), { onModulation: ({ costs }) => reports.push(costs.length) }),
    ]);
    expect(reports).toEqual(new Array(20).fill(3));
    await expectNoLeak(async () => {
      const control = proximalSoc(linearTensorCost(firstIs), { eta: 0.1 });
      const { samples } = await sample(tensorGaussian, {
        schedule,
        steps: 4,
        shape: [2, 2],
        key: key(1),
        controls: [control],
      });
      samples.dispose();
      const broken = { ...linearTensorCost(firstIs), evaluate: brokenLate() };
      await expectRefusal(
        () =>
          sample(tensorGaussian, {
            schedule,
            steps: 4,
            shape: [2, 2],
            key: key(1),
            controls: [proximalSoc(broken)],
          }),
        'numeric',
        'inner step 1',
      );
      const through = exactSocSample(tensorGaussian, {
        cost: linearTensorCost(firstIs),
        warmStart: true,
        sampling: { schedule, steps: 4, shape: [2, 2], key: key(1) },
      });
      (await through).samples.dispose();
    });
  });
});

/** A cost whose second gradient is not finite. */
function brokenLate(): TerminalCost['evaluate'] {
  let calls = 0;
  return (z) => ({ costs: new Float64Array(2), gradient: tf.fill(z.shape, calls++ === 1 ? NaN : 1) });
}
