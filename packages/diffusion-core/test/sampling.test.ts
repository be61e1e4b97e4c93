import { beforeAll, describe, expect, test } from 'vitest';
import { engine, tf, type Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { key, normal } from '@lab/tensor-core/random';
import { expectNoLeak, liveTensors } from '@lab/testing';
import {
  clampEstimate,
  classifierFreeGuidance,
  cosineSchedule,
  ddim,
  ddpm,
  dpmpp2m,
  euler,
  float64Space,
  flowSde,
  gaussianDenoiser,
  heun,
  mixtureDenoiser,
  rectifiedFlowSchedule,
  sample,
  tensorSpace,
  toArray64,
  toFloat64,
  trajectory,
  vpLinearSchedule,
  type Control,
  type Denoiser,
  type Solver,
  type Step,
} from '../src';
import { state } from './support/gaussian-ode';

const schedule = cosineSchedule();
const data = { mean: [1, -1], covariance: [1, 0.25], schedule };
const solvers: Solver[] = [ddim(), ddim({ eta: 0.7 }), ddpm(), euler(), heun(), dpmpp2m()];

beforeAll(() => engine());

describe.each(solvers.map((solver, i) => [`${solver.name} ${i}`, solver] as const))('%s', (_, solver) => {
  test('the last step returns the controlled estimate, bit for bit', async () => {
    const target = state([2, 2], [0.1, 0.2, 0.3, 1 / 3]);
    const pin: Control<Array64> = { name: 'pin', estimate: () => target };
    const options = { schedule, solver, steps: 6, shape: [2, 2], key: key(1), controls: [pin] };
    const { samples } = await sample(gaussianDenoiser(data), options);
    expect(samples.data).toEqual(target.data);
  });

  test('float32 tensors and float64 arrays give the same samples for a key', async () => {
    const options = { schedule, solver, steps: 12, shape: [3, 2], key: key(7) };
    const exact = await sample(gaussianDenoiser(data), options);
    await expectNoLeak(async () => {
      const { samples, ...cost } = await sample(gaussianDenoiser({ ...data, space: tensorSpace }), options);
      expect(await toArray64(samples)).toBeAllclose(exact.samples, { rtol: 1e-4, atol: 1e-4 });
      expect(cost.modelCalls).toBe(exact.modelCalls);
      samples.dispose();
    });
  });

  test('counts its model calls', async () => {
    const { modelCalls, steps, seconds } = await sample(gaussianDenoiser(data), {
      schedule,
      solver,
      steps: 5,
      shape: [1, 2],
      key: key(0),
    });
    expect({ modelCalls, steps }).toEqual({ modelCalls: 4 * solver.evaluations + 1, steps: 5 });
    expect(seconds).toBeGreaterThan(0);
  });

  test('a throw in the network, in a control and in onStep frees everything', async () => {
    const denoiser = gaussianDenoiser({ ...data, space: tensorSpace });
    let calls = 0;
    const failing: Denoiser = {
      ...denoiser,
      predict(x, t) {
        if (++calls === 3) throw new Error('network');
        return denoiser.predict(x, t);
      },
    };
    const options = { schedule, solver, steps: 4, shape: [2, 2], key: key(0) };
    const shift: Control = {
      name: 'shift',
      estimate: (x0) => tf.add(x0, 0.1),
      state(x, { index }) {
        if (index === 1) throw new Error('control');
        return tf.mul(x, 1);
      },
    };
    await expectNoLeak(async () => {
      await expect(sample(failing, options)).rejects.toThrow('network');
      await expect(sample(denoiser, { ...options, controls: [shift] })).rejects.toThrow('control');
      for (const at of [0, 3]) {
        const onStep = ({ index }: { index: number }): void => {
          if (index === at) throw new Error('onStep');
        };
        await expect(sample(denoiser, { ...options, onStep })).rejects.toThrow('onStep');
      }
    });
  });
});

describe('controls', () => {
  const covariance = [
    [1, 0.8],
    [0.8, 1],
  ];
  const tilted = cosineSchedule({ offset: 0, scale: 0.999 });
  const denoiser = () => gaussianDenoiser({ mean: [0, 0], covariance, schedule: tilted });
  const pinFirst = (noise: 'keep' | 'recompute'): Control<Array64> => ({
    name: 'x_1 = 2',
    noise,
    estimate: (x0) => ({ shape: x0.shape, data: x0.data.map((value, i) => (i % 2 === 0 ? 2 : value)) }),
  });

  /** Mean and variance of x_2 at the end: the run is affine in its start, so three starts determine both. */
  async function lawOfSecond(steps: number, noise: 'keep' | 'recompute') {
    const init = state([3, 2], [0, 0, 1, 0, 0, 1]);
    const controls = [pinFirst(noise)];
    const { samples } = await sample(denoiser(), { schedule: tilted, steps, init, key: key(0), controls });
    const [offset, one, two] = [samples.data[1]!, samples.data[3]!, samples.data[5]!];
    return { mean: offset, variance: (one - offset) ** 2 + (two - offset) ** 2 };
  }

  // Test A5 of the CPS specification: exact projection onto x_1 = 2 in every step, eta = 0.
  test.each([
    [5, 0.89787, 0.33466],
    [50, 1.32242, 0.37787],
    [400, 1.46591, 0.36736],
  ])('keeping the noise, N = %i', async (steps, mean, variance) => {
    const law = await lawOfSecond(steps, 'keep');
    expect(law.mean).toBeCloseTo(mean, 5);
    expect(law.variance).toBeCloseTo(variance, 5);
  });

  test.each([
    [10, 0.6731],
    [50, 0.6891],
    [400, 0.6924],
  ])('recomputing the noise is another method, N = %i', async (steps, mean) => {
    expect((await lawOfSecond(steps, 'recompute')).mean).toBeCloseTo(mean, 4);
  });

  test('act in order, at both places, and see their step', async () => {
    const seen: Step<Array64>[] = [];
    const trace: string[] = [];
    const named = (name: string): Control<Array64> => ({
      name,
      estimate(x0, step) {
        trace.push(`${name}.estimate ${step.index}`);
        seen.push(step);
        return x0;
      },
      state(x, step) {
        trace.push(`${name}.state ${step.index}`);
        return x;
      },
    });
    const controls = [named('a'), named('b')];
    await sample(denoiser(), {
      schedule: tilted,
      steps: 2,
      shape: [1, 2],
      key: key(0),
      controls,
      condition: 'c',
    });
    expect(trace).toEqual(
      [0, 1].flatMap((i) => [`a.estimate ${i}`, `b.estimate ${i}`, `a.state ${i}`, `b.state ${i}`]),
    );
    const [first, other, later] = seen as [Step<Array64>, Step<Array64>, Step<Array64>];
    expect(first).toMatchObject({ index: 0, steps: 2, t: 1, tNext: 0.5, condition: 'c' });
    expect(later).toMatchObject({ index: 1, t: 0.5, tNext: 0, alphaNext: 1, sigmaNext: 0 });
    expect(first.alpha).toBe(tilted.alpha(1));
    expect(new Set([first.key, other.key, later.key].map(String)).size).toBe(3); // each draws for itself
  });

  test("Heun's second evaluation shows the predicted state at the next time", async () => {
    const seen: [number, number][] = [];
    const watch: Control<Array64> = {
      name: 'watch',
      estimate(x0, { t, tNext }) {
        seen.push([t, tNext]);
        return x0;
      },
    };
    const options = { schedule: tilted, solver: heun(), times: [1, 0.6, 0], shape: [1, 2], key: key(0) };
    await sample(denoiser(), { ...options, controls: [watch] });
    expect(seen).toEqual([
      [1, 0.6],
      [0.6, 0.6],
      [0.6, 0],
    ]);
  });

  test('one that changes nothing changes nothing', async () => {
    const options = { schedule: tilted, steps: 8, shape: [2, 2], key: key(3) };
    const idle: Control<Array64> = { name: 'idle', estimate: (x0) => x0, state: (x) => x };
    const plain = await sample(denoiser(), options);
    expect((await sample(denoiser(), { ...options, controls: [idle] })).samples).toEqual(plain.samples);
  });

  test('may hand back any state of the step, also the start that is the caller’s', async () => {
    await expectNoLeak(async () => {
      const init = tf.tensor2d([[0.5, 0.5]]);
      const tensorDenoiser = gaussianDenoiser({ ...data, space: tensorSpace });
      const echo: Control = {
        name: 'echo',
        estimate: (_, step) => step.x,
        state: (_, step) => step.estimate.x0,
      };
      const controls = [echo];
      const { samples } = await sample(tensorDenoiser, { schedule, steps: 3, init, key: key(0), controls });
      expect(init.isDisposed).toBe(false);
      init.dispose();
      samples.dispose();
    });
  });

  test('clampEstimate limits the estimate', async () => {
    const controls = [clampEstimate<Array64>({ low: -0.2, high: 0.3 })];
    const { samples } = await sample(denoiser(), {
      schedule: tilted,
      steps: 5,
      shape: [20, 2],
      key: key(0),
      controls,
    });
    expect(Math.min(...samples.data)).toBe(-0.2);
    expect(Math.max(...samples.data)).toBe(0.3);
    expect(() => clampEstimate({ low: 1, high: 1 })).toThrow(/low < high/);
  });
});

describe('trajectory', () => {
  const options = { schedule, steps: 4, shape: [2, 2], key: key(2) };

  test('shows every step and ends in the sample', async () => {
    const points: { t: number; tNext: number; x: number[]; x0: number[]; modelCalls: number }[] = [];
    for await (const { t, tNext, x, x0, modelCalls } of trajectory(gaussianDenoiser(data), options))
      points.push({ t, tNext, x: [...x.data], x0: [...x0.data], modelCalls });
    expect(points.map(({ t, tNext }) => [t, tNext])).toEqual([
      [1, 0.75],
      [0.75, 0.5],
      [0.5, 0.25],
      [0.25, 0],
    ]);
    expect(points.map(({ modelCalls }) => modelCalls)).toEqual([1, 2, 3, 4]);
    const { samples } = await sample(gaussianDenoiser(data), options);
    expect(points[3]!.x).toEqual([...samples.data]);
    expect(points[3]!.x0).toEqual(points[3]!.x);
  });

  test('the last state is the caller’s; leaving early frees the rest', async () => {
    const denoiser = gaussianDenoiser({ ...data, space: tensorSpace });
    await expectNoLeak(async () => {
      for await (const point of trajectory(denoiser, options)) if (point.index === 1) break;
      let last: Tensor | undefined;
      for await (const point of trajectory(denoiser, options)) last = point.x;
      expect(last!.isDisposed).toBe(false);
      last!.dispose();
    });
  });

  test('a step at a time holds few states', async () => {
    const before = liveTensors();
    const solver = dpmpp2m();
    const counts: number[] = [];
    for await (const point of trajectory(gaussianDenoiser({ ...data, space: tensorSpace }), {
      ...options,
      solver,
    })) {
      counts.push(liveTensors() - before);
      if (point.index === 3) point.x.dispose();
    }
    expect(Math.max(...counts)).toBeLessThanOrEqual(4);
  });
});

describe('bad input and bad output', () => {
  const denoiser = gaussianDenoiser(data);
  const options = { schedule, steps: 4, shape: [2, 2], key: key(0) };

  test('NaN is refused with the step and the culprit', async () => {
    const broken = (predict: Denoiser<Array64>['predict']): Denoiser<Array64> => ({ ...denoiser, predict });
    const nan = broken((x, t) => ({ ...x, data: x.data.map((value) => (t > 0.6 ? value : Number.NaN)) }));
    await expect(sample(nan, options)).rejects.toThrow(
      /denoiser returned NaN or infinity at step 2 \(t = 0.5\)/,
    );
    const short = broken(() => state([1, 2], [0, 0]));
    await expect(sample(short, options)).rejects.toMatchObject({ code: 'shape' });
    const infinite: Control<Array64> = {
      name: 'divider',
      estimate: (x0, { index }) => (index === 1 ? { ...x0, data: x0.data.map((value) => value / 0) } : x0),
    };
    await expect(sample(denoiser, { ...options, controls: [infinite] })).rejects.toThrow(/step 1 .*divider/);
    const tensors = gaussianDenoiser({ ...data, space: tensorSpace });
    const tensorNan: Denoiser = { ...tensors, predict: (x) => tf.div(x, 0) };
    await expectNoLeak(() => expect(sample(tensorNan, options)).rejects.toMatchObject({ code: 'numeric' }));
  });

  test.each([
    ['neither shape nor init', { shape: undefined }],
    ['both', { init: state([1, 2], [0, 0]) }],
    ['an empty batch', { shape: [0, 2] }],
    ['a grid not ending at 0', { times: [1, 0.5] }],
    ['no steps', { steps: 0 }],
  ])('refuses %s', async (_, change) => {
    await expect(sample(denoiser, { ...options, ...change } as never)).rejects.toMatchObject({
      code: 'argument',
    });
  });

  test('a noise prediction cannot start where no signal is left', async () => {
    const full = cosineSchedule({ minSignalLevel: 0 });
    const noise: Denoiser<Array64> = { predicts: 'epsilon', space: float64Space, predict: (x) => ({ ...x }) };
    await expect(sample(noise, { ...options, schedule: full })).rejects.toMatchObject({
      code: 'unsupported',
    });
  });

  test('an abort ends the run with the caller’s reason, and timers tick meanwhile', async () => {
    const controller = new AbortController();
    const slow: Denoiser<Array64> = {
      ...denoiser,
      predict(x, t) {
        const until = performance.now() + 30;
        while (performance.now() < until);
        return denoiser.predict(x, t);
      },
    };
    const timer = setTimeout(() => controller.abort('enough'), 60);
    const run = sample(slow, { ...options, steps: 200, signal: controller.signal });
    await expect(run).rejects.toMatchObject({ code: 'aborted', cause: 'enough' });
    clearTimeout(timer);
  });
});

describe('classifier-free guidance', () => {
  // The condition is the mean of the data.
  const conditional: Denoiser<Array64, number> = {
    predicts: 'sample',
    space: float64Space,
    predict: (x, t, mean = 0) => gaussianDenoiser({ mean: [mean], covariance: 1, schedule }).predict(x, t),
  };
  const x = state([3, 1], [1, 0, -2]);

  test('at scale 1 and 0 it is the model with and without the condition', async () => {
    const guided = (scale: number) => classifierFreeGuidance(conditional, { scale }).predict(x, 0.4, 2);
    expect(await guided(1)).toEqual(await conditional.predict(x, 0.4, 2));
    expect(await guided(0)).toEqual(await conditional.predict(x, 0.4));
  });

  test('extrapolates; for Gaussians of one covariance this is the model of the extrapolated mean', async () => {
    const guided = await classifierFreeGuidance(conditional, { scale: 3 }).predict(x, 0.4, 2);
    expect(guided).toBeAllclose(await conditional.predict(x, 0.4, 6), { atol: 1e-12 });
    const other = await classifierFreeGuidance(conditional, { scale: 3, unconditional: 1 }).predict(
      x,
      0.4,
      2,
    );
    expect(other).toBeAllclose(await conditional.predict(x, 0.4, 4), { atol: 1e-12 });
  });
});

test('toFloat64: a float64 state around a float32 network', async () => {
  const options = { schedule, steps: 10, shape: [3, 2], key: key(4) };
  const tensors = gaussianDenoiser({ ...data, space: tensorSpace });
  await expectNoLeak(async () => {
    const { samples } = await sample(toFloat64(tensors), options);
    expect(samples.data).toBeInstanceOf(Float64Array);
    expect(samples).toBeAllclose((await sample(gaussianDenoiser(data), options)).samples, { atol: 1e-5 });
  });
});

describe('samples of a mixture have the law of the mixture', () => {
  const weights = [0.2, 0.5, 0.3];
  const means = [
    [-3, 0],
    [1, 2],
    [2, -2],
  ];
  const variances = [0.3, 0.5, 1];
  const count = 2000;
  const directions = [
    [1, 0],
    [0, 1],
    [Math.SQRT1_2, Math.SQRT1_2],
  ];

  /** Kolmogorov's distance between the projected samples and the projected mixture, whose distribution is known. */
  function kolmogorov(samples: Array64, [u, v]: number[]): number {
    const projected = Array.from(
      { length: count },
      (_, i) => u! * samples.data[2 * i]! + v! * samples.data[2 * i + 1]!,
    );
    projected.sort((a, b) => a - b);
    const distribution = (x: number): number =>
      weights.reduce((sum, weight, k) => {
        const centre = u! * means[k]![0]! + v! * means[k]![1]!;
        return sum + weight * normalDistribution((x - centre) / Math.sqrt(variances[k]!));
      }, 0);
    return projected.reduce((most, x, i) => {
      const at = distribution(x);
      return Math.max(most, Math.abs(at - i / count), Math.abs(at - (i + 1) / count));
    }, 0);
  }

  // Critical value of the one-sample statistic at level 0.001 / 3 (three projections): sqrt(-ln(p / 2) / (2 n)).
  const critical = Math.sqrt(-Math.log(0.001 / 6) / (2 * count));
  const draw = async (solver: Solver, steps: number, of = schedule) => {
    const denoiser = mixtureDenoiser({ weights, means, covariances: variances, schedule: of });
    return (await sample(denoiser, { schedule: of, solver, steps, shape: [count, 2], key: key(1) })).samples;
  };

  test.each([
    ['heun', heun(), 40, schedule],
    ['dpmpp2m', dpmpp2m(), 60, schedule],
    ['ddim', ddim(), 150, schedule],
    ['ddpm', ddpm(), 150, schedule],
    ['flowSde', flowSde(), 150, rectifiedFlowSchedule()],
    ['heun on vpLinear', heun(), 60, vpLinearSchedule()],
  ] as const)('%s', async (_, solver, steps, of) => {
    const samples = await draw(solver, steps, of);
    for (const direction of directions) expect(kolmogorov(samples, direction)).toBeLessThan(critical);
  });

  test('the test can fail: three steps of DDIM do not', async () => {
    const samples = await draw(ddim(), 3);
    expect(Math.max(...directions.map((each) => kolmogorov(samples, each)))).toBeGreaterThan(2 * critical);
  });

  test('and true draws pass it', () => {
    const noise = normal(key(3), [count, 2]);
    const data = Float64Array.from(noise, (value, i) => {
      const share = (Math.floor(i / 2) + 0.5) / count;
      const k = share < 0.2 ? 0 : share < 0.7 ? 1 : 2;
      return means[k]![i % 2]! + Math.sqrt(variances[k]!) * value;
    });
    for (const direction of directions)
      expect(kolmogorov({ shape: [count, 2], data }, direction)).toBeLessThan(critical);
  });
});

/** Abramowitz & Stegun 26.2.17, absolute error below 7.5e-8. */
function normalDistribution(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const tail =
    (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return x > 0 ? 1 - tail : tail;
}
