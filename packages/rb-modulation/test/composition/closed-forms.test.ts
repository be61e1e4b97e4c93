// Every pair of the four methods that steer a sampler, on laws whose answers are known. Each test asserts what either method
// promises of its end; where the two act on orthogonal directions, also that neither is felt in the other's.
import '@lab/testing';
import { all as allOf, bounds, compileConstraints, constrain, fixed, mean } from '@lab/cps';
import { editFlow, invertFlow, type EditFlowOptions } from '@lab/rf-inversion';
import { exactPosterior, stslSample, type MixturePrior } from '@lab/stsl';
import { fromRows, type Array64 } from '@lab/tensor-core/linalg64';
import { key } from '@lab/tensor-core/random';
import { describe, expect, test } from 'vitest';
import { linearCost, proximalSoc } from '../../src';
import {
  correlated,
  descent,
  deviation,
  drawn,
  expectFixed,
  expectMeasured,
  independent,
  last,
  measured,
  problemOf,
  rowsOf,
  seen,
  series,
  steps,
  y,
} from '../support/known-laws';

test('left alone, the laws meet none of it', async () => {
  for (const prior of [independent, correlated])
    for (const x of await drawn(prior, [])) {
      expect(Math.abs(seen(x) - y)).toBeGreaterThan(5 * deviation);
      expect(Math.abs(x[2]! + 0.75)).toBeGreaterThan(0.1);
    }
});

describe('a hard constraint with a measurement', () => {
  test('both hold, and the mode is the one that the exact posterior given both names', async () => {
    const both = await drawn(correlated, [await measured(correlated), constrain(last)]);
    expectMeasured(both);
    expectFixed(both);
    // A constraint is a measurement without noise.
    const together = {
      matrix: fromRows([
        [0.6, 0.8, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 1],
      ]),
      y: Float64Array.of(y, -0.75, 0.25),
      deviation: 1e-3,
    };
    const { weights } = exactPosterior(correlated, together);
    expect(weights.at(-1)!).toBeGreaterThan(0.999);
    for (const [first, second] of both) expect(first! + second!).toBeGreaterThan(0);
    // Without either, one of the three draws is of the other mode.
    const free = await drawn(correlated, []);
    expect(free.filter(([first, second]) => first! + second! < 0)).toHaveLength(1);
  });

  test('what is said of independent entries is met as if the other had not been said', async () => {
    const measurement = await measured(independent);
    const both = await drawn(independent, [measurement, constrain(last)]);
    const alone = await drawn(independent, [measurement]);
    expect(both.map((x) => x.slice(0, 2))).toBeAllclose(
      alone.map((x) => x.slice(0, 2)),
      { atol: 1e-12 },
    );
    expectFixed(both);
  });

  test('where they contradict each other the constraint wins, and the measurement misses by their difference', async () => {
    const against = compileConstraints(fixed({ values: { 0: -1, 1: -0.5 } }), { shape: [4, 1] });
    for (const x of await drawn(correlated, [await measured(correlated), constrain(against)])) {
      expect(x.slice(0, 2)).toBeAllclose([-1, -0.5], { atol: 1e-9 });
      expect(seen(x) - y).toBeCloseTo(-2.25, 9);
    }
  });

  // First order: the second-order term's probe is drawn at every step, whatever the stop rule says of the data term.
  test('in the whole of Algorithm 1, too, which starts at pure noise', async () => {
    const init = { state: series([1, 0, 0, -1], [0, 0.5, 0, 0], [-1, 1, 0.5, 0]) };
    const options = { ...descent, steps, init, key: key(2), controls: [constrain(last)] };
    const { latents, stats } = await stslSample(problemOf(correlated), options);
    expectMeasured(rowsOf(latents));
    expectFixed(rowsOf(latents));
    expect(stats.nfePaper).toBe(5 * steps);
  });
});

describe('the inversion of an image', () => {
  const image = series([1.5, -0.25, 0.5, 1], [-1, 0.5, 0, -2], [0.25, 2, -1, 0.75]);
  const edited = async (
    prior: MixturePrior,
    options: EditFlowOptions<Array64, unknown>,
  ): Promise<number[][]> => {
    const inversion = await invertFlow(prior, image, { key: key(1), steps });
    return rowsOf((await editFlow(prior, inversion, { key: key(3), ...options })).image);
  };

  test('with a hard constraint: at eta = 1 the image comes back, projected', async () => {
    const shifted = compileConstraints(mean({ value: 0.25 }), { shape: [4, 1] });
    const returned = await edited(correlated, { eta: 1, controls: [constrain(shifted)] });
    // Onto a mean: every entry moves by what is missing.
    const projected = rowsOf(image).map((x) => {
      const missing = 0.25 - (x[0]! + x[1]! + x[2]! + x[3]!) / 4;
      return x.map((value) => value + missing);
    });
    expect(returned).toBeAllclose(projected, { atol: 1e-9 });
    const held = compileConstraints(bounds({ lower: -1.5, upper: 1.25 }), { shape: [4, 1] });
    expect(await edited(correlated, { eta: 1, controls: [constrain(held)] })).toBeAllclose(
      rowsOf(image).map((x) => x.map((value) => Math.min(1.25, Math.max(-1.5, value)))),
      { atol: 1e-9 },
    );
  });

  test('with a hard constraint that the image satisfies: at eta = 1 it comes back as it is', async () => {
    const satisfied = allOf(bounds({ lower: -2, upper: 2 }), mean({ value: [0.6875, -0.625, 0.5] }));
    const projector = compileConstraints(satisfied, { shape: [4, 1], batch: 3 });
    const returned = await edited(correlated, { eta: 1, controls: [constrain(projector)] });
    expect(returned).toBeAllclose(rowsOf(image), { atol: 1e-9 });
  });

  test('with a hard constraint, pulled in part: the rest is edited as without it', async () => {
    const pull = { kind: 'constant', value: 0.9, stop: 8 } as const;
    const constrained = await edited(independent, { eta: pull, controls: [constrain(last)] });
    const free = await edited(independent, { eta: pull });
    expectFixed(constrained);
    expect(constrained.map((x) => x.slice(0, 2))).toBeAllclose(
      free.map((x) => x.slice(0, 2)),
      { atol: 1e-9 },
    );
  });

  test('with a measurement: at eta = 1 the image comes back, for the pull ends on it', async () => {
    const controls = [await measured(correlated)];
    expect(await edited(correlated, { eta: 1, controls })).toBeAllclose(rowsOf(image), { atol: 1e-12 });
  });

  test('with a measurement: what the mask keeps comes back, and the rest agrees with what was measured', async () => {
    const mask = series([0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 1, 1]);
    for (const prior of [independent, correlated]) {
      const controls = [await measured(prior)];
      const both = await edited(prior, { eta: 1, mask, controls });
      expect(both.map((x) => x.slice(2))).toBeAllclose(
        rowsOf(image).map((x) => x.slice(2)),
        { atol: 1e-9 },
      );
      expectMeasured(both);
      const without = await edited(prior, { eta: 1, mask });
      expect(Math.max(...without.map((x) => Math.abs(seen(x) - y)))).toBeGreaterThan(5 * deviation);
    }
  });

  test('with a measurement, pulled in part: both the measured and, where independent, the rest as without it', async () => {
    const pull = { kind: 'constant', value: 0.9, stop: 8 } as const;
    const both = await edited(independent, { eta: pull, controls: [await measured(independent)] });
    const free = await edited(independent, { eta: pull });
    expectMeasured(both);
    // Across the measured direction, and in the entries that are not seen.
    const rest = (x: readonly number[]): number[] => [0.8 * x[0]! - 0.6 * x[1]!, ...x.slice(2)];
    expect(both.map(rest)).toBeAllclose(free.map(rest), { atol: 1e-9 });
    expectMeasured(await edited(correlated, { eta: pull, controls: [await measured(correlated)] }));
  });

  test('with a style: at eta = 1 the image comes back with the style put in its place, and as it is once the style stops', async () => {
    const style = linearCost({ matrix: fromRows([[0, 0, 0, 1]]), style: [1.5] });
    const styled = await edited(correlated, {
      eta: 1,
      controls: [proximalSoc(style, { optimizer: 'exact' })],
    });
    expect(styled).toBeAllclose(
      rowsOf(image).map((x) => [...x.slice(0, 3), 1.5]),
      { atol: 1e-9 },
    );
    const stopped = proximalSoc(style, { optimizer: 'exact', tau: steps - 1, noise: 'recompute' });
    expect(await edited(correlated, { eta: 1, controls: [stopped] })).toBeAllclose(rowsOf(image), {
      atol: 1e-12,
    });
  });
});

describe('a style with a measurement', () => {
  const style = linearCost({ matrix: fromRows([[0, 0, 0, 1]]), style: [1.5] });
  const exact = proximalSoc(style, { optimizer: 'exact' });

  test('the style is exact, and the measurement met within its noise', async () => {
    const both = await drawn(correlated, [exact, await measured(correlated)]);
    expectMeasured(both);
    for (const x of both) expect(x[3]!).toBeCloseTo(1.5, 9);
  });

  test('on independent entries either is as without the other', async () => {
    const measurement = await measured(independent);
    const [both, alone] = [
      await drawn(independent, [exact, measurement]),
      await drawn(independent, [measurement]),
    ];
    expect(both).toBeAllclose(
      alone.map((x) => [...x.slice(0, 3), 1.5]),
      { atol: 1e-9 },
    );
  });

  test('with a hard constraint and an inverted image besides, all four hold what they promise', async () => {
    const image = series([1.5, -0.25, 0.5, 1], [-1, 0.5, 0, -2], [0.25, 2, -1, 0.75]);
    const inversion = await invertFlow(correlated, image, { key: key(1), steps });
    const second = compileConstraints(fixed({ values: { 2: -0.75 } }), { shape: [4, 1] });
    const pull = { kind: 'constant', value: 0.9, stop: 8 } as const;
    const controls = [exact, await measured(correlated), constrain(second)];
    const { image: both } = await editFlow(correlated, inversion, { eta: pull, controls });
    expectMeasured(rowsOf(both));
    for (const x of rowsOf(both)) expect(x.slice(2)).toBeAllclose([-0.75, 1.5], { atol: 1e-9 });
  });
});
