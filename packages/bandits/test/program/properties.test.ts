import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { key, split, uniform64, type Key } from '@lab/tensor-core/random';
import { graphFeedback, regretConstant, regretConstantByHighs, sideInformation } from '../../src';

interface Drawn {
  readonly means: number[];
  readonly sigma: number[][];
}

/** Self-loops, each other reading there with probability 0.4; sigma in [0.3, 3], means in [0, 1]. */
const instance: fc.Arbitrary<Drawn> = fc.integer({ min: 2, max: 8 }).chain((arms) =>
  fc.record({
    means: fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: arms, maxLength: arms }).map((all) => all.map((each, i) => each / 1000 + i * 1e-4)), // prettier-ignore
    sigma: fc.array(fc.array(fc.record({ there: fc.integer({ min: 0, max: 9 }), size: fc.integer({ min: 30, max: 300 }) }), { minLength: arms, maxLength: arms }), { minLength: arms, maxLength: arms }).map((rows) => rows.map((row, j) => row.map(({ there, size }, i) => (i === j || there < 4 ? size / 100 : Infinity)))), // prettier-ignore
  }),
);
const constant = ({ means, sigma }: Drawn): number => regretConstant(means, sideInformation(sigma)).value;
const near = (a: number, b: number, tolerance = 1e-9): void =>
  expect(Math.abs(a - b)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(b)));
const runs = { numRuns: 100, seed: 0 };

describe('invariances', () => {
  property.prop([instance], runs)(
    'noise times k costs k squared, means times k cost 1 / k',
    ({ means, sigma }) => {
      const value = constant({ means, sigma });
      near(constant({ means, sigma: sigma.map((row) => row.map((each) => 3 * each)) }), 9 * value);
      near(constant({ means: means.map((each) => 4 * each), sigma }), value / 4);
      near(constant({ means: means.map((each) => each + 8), sigma }), value, 1e-6);
    },
  );

  property.prop([instance, fc.integer({ min: 1, max: 7 })], runs)(
    'the order of arms does not matter',
    (drawn, by) => {
      const arms = drawn.means.length;
      const order = Array.from({ length: arms }, (_, i) => (i + by) % arms);
      near(
        constant({
          means: order.map((i) => drawn.means[i]!),
          sigma: order.map((j) => order.map((i) => drawn.sigma[j]![i]!)),
        }),
        constant(drawn),
      );
    },
  );

  property.prop([instance, fc.nat(63)], runs)('a better reading never costs', (drawn, place) => {
    const arms = drawn.means.length;
    const [j, i] = [place % arms, Math.floor(place / arms) % arms];
    const sigma = drawn.sigma.map((row) => [...row]);
    sigma[j]![i] = Math.min(0.25, sigma[j]![i]!);
    expect(constant({ ...drawn, sigma })).toBeLessThanOrEqual(constant(drawn) * (1 + 1e-9) + 1e-9);
  });

  property.prop([instance], runs)(
    'side observations help, and the certificate is tight',
    ({ means, sigma }) => {
      const { value, dual, requirements } = regretConstant(means, sideInformation(sigma));
      const best = Math.max(...means);
      const alone = means.reduce((sum, mean, i) => (mean === best ? sum : sum + (2 * sigma[i]![i]! ** 2) / (best - mean)), 0); // prettier-ignore
      expect(value).toBeLessThanOrEqual(alone * (1 + 1e-9));
      near(
        dual.reduce((sum, y, i) => sum + y * requirements[i]!, 0),
        value,
      );
    },
  );

  property.prop([instance], runs)(
    "the best arm's own row asks for nothing when it reveals itself",
    ({ means, sigma }) => {
      const { dual } = regretConstant(means, sideInformation(sigma));
      expect(dual[means.indexOf(Math.max(...means))]).toBe(0);
    },
  );

  property.prop([instance], runs)(
    'without self-loops the coupled constant is one to two times the program',
    (drawn) => {
      const arms = drawn.means.length;
      // A ring added to what was drawn keeps every arm observable.
      const sigma = drawn.sigma.map((row, j) =>
        row.map((each, i) => (i === j ? Infinity : i === (j + 1) % arms ? Math.min(each, 1) : each)),
      );
      const information = sideInformation(sigma);
      const lp = regretConstant(drawn.means, information).value;
      const coupled = regretConstant(drawn.means, information, { kind: 'coupled' }).value;
      expect(coupled).toBeGreaterThanOrEqual(lp * (1 - 1e-6));
      expect(coupled).toBeLessThanOrEqual(2 * lp * (1 + 1e-6));
    },
  );
});

function random(
  seed: Key,
  arms: number,
  p: number,
): { means: Float64Array; information: ReturnType<typeof sideInformation> } {
  const [a, b, c] = split(seed, 3) as [Key, Key, Key];
  const edges = uniform64(a, arms * arms);
  const sizes = uniform64(b, arms * arms, { low: 0.3, high: 3 });
  const rows = (from: Float64Array) => Array.from({ length: arms }, (_, j) => Array.from(from.subarray(j * arms, (j + 1) * arms))); // prettier-ignore
  return {
    means: uniform64(c, arms),
    information: graphFeedback(
      rows(edges).map((row) => row.map((each) => each < p)),
      { deviation: rows(sizes) },
    ),
  };
}

// The oracle is HiGHS, another solver of the primal program.
test.each([
  [2, 0.5],
  [8, 0.3],
  [20, 0.15],
  [60, 0.05],
  [120, 0.03],
])('equals HiGHS with %d arms', async (arms, p) => {
  for (let seed = 0; seed < (arms < 30 ? 40 : 3); seed++) {
    const { means, information } = random(key(seed), arms, p);
    const { value } = regretConstant(means, information);
    near(value, (await regretConstantByHighs(means, information)).value, 1e-8);
  }
});
