import { claim, defineExperiment, lineFigure } from '@lab/experiment';
import { linearBetas, signalLevels, signalLevelSchedule } from '@lab/diffusion-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, normal64, type Key } from '@lab/tensor-core/random';
import { hutchinsonTrace } from '../../hutchinson';
import { mixturePrior } from '../../priors';

interface Settings {
  readonly sizes: readonly number[];
  readonly rounds: number;
}

interface Timed {
  readonly size: number;
  readonly probe: { readonly seconds: number; readonly scores: number };
  readonly exact: { readonly seconds: number; readonly scores: number };
}

const schedule = signalLevelSchedule(signalLevels(linearBetas()));

export const cost = defineExperiment<Settings>({
  id: 'cost',
  paper: 'stsl',
  title: 'What the trace costs',
  summary:
    "How does the cost of the second-order term grow with the latent's size? One random probe asks two scores whatever the size; the trace itself, entry by entry, asks one for each number of the latent. Scores are counted and timed on mixtures of 20 Gaussians.",
  data: ['drawn here: mixtures of 20 Gaussians'],
  scales: {
    tour: { sizes: [32, 128, 512], rounds: 3 },
    quick: { sizes: [64, 256, 1024], rounds: 5 },
    full: { sizes: [64, 256, 1024, 4096], rounds: 5 },
  },
  run: (context) => {
    const { sizes, rounds } = context.settings;
    const rows = sizes.map((size, at) => {
      context.progress(at / sizes.length, `size ${size}`);
      return timed(foldIn(context.key, at), size, rounds);
    });
    const logs = (of: (row: Timed) => number): number =>
      slope(
        rows.map(({ size }) => Math.log(size)),
        rows.map((row) => Math.log(of(row))),
      );
    const ratio = logs(({ exact, probe }) => exact.seconds / probe.seconds);
    const [probes, traces] = [logs(({ probe }) => probe.scores), logs(({ exact }) => exact.scores)];
    return Promise.resolve({
      claims: [
        claim({
          id: 'one-probe',
          statement:
            'The second-order term costs a constant number of scores, the exact trace one for each number',
          paper: 'O(1) instead of O(d) (Section 4)',
          measured: {
            'slope of log scores, probe': probes,
            'exact trace': traces,
            'slope of log of the ratio of seconds': ratio,
          },
          criterion:
            'slopes of the counts within 0.05 of 0 and 1, of the ratio of seconds between 0.7 and 1.3',
          holds: Math.abs(probes) <= 0.05 && Math.abs(traces - 1) <= 0.05 && ratio >= 0.7 && ratio <= 1.3,
        }),
      ],
      tables: [
        {
          id: 'cost',
          title: 'Scores and milliseconds for one state',
          columns: ['size', 'scores, probe', 'ms, probe', 'scores, trace', 'ms, trace'],
          rows: rows.map(({ size, probe, exact }) => [
            size,
            probe.scores,
            (1e3 * probe.seconds).toPrecision(3),
            exact.scores,
            (1e3 * exact.seconds).toPrecision(3),
          ]),
          note: 'Medians. Two scores a probe: at the state and beside it.',
        },
      ],
      figures: [
        lineFigure({
          id: 'seconds',
          title: 'Seconds by size of the latent',
          caption: 'Median seconds for one state, both axes logarithmic.',
          x: { title: 'numbers in a latent', scale: 'log' },
          y: { title: 'seconds', scale: 'log' },
          series: (
            [
              ['one probe', 'probe'],
              ['exact trace', 'exact'],
            ] as const
          ).map(([name, of]) => ({ name, x: [...sizes], y: rows.map((row) => row[of].seconds) })),
        }),
      ],
    });
  },
});

function timed(key: Key, size: number, rounds: number): Timed {
  const prior = mixturePrior({
    weights: new Float64Array(20).fill(1),
    means: Array.from({ length: 20 }, (_, k) => normal64(foldIn(key, k), size)),
    covariances: 0.5,
    schedule,
  });
  const z = { shape: [1, size], data: normal64(foldIn(key, 20), size) };
  let scores = 0;
  const score = (x: Array64): Array64 => {
    scores += x.shape[0]!;
    return prior.score(x, 0.3);
  };
  const step = 1e-4;
  const base = (): Float64Array => score(z).data;
  const entry = (i: number, here: Float64Array): number => {
    const moved = { shape: z.shape, data: z.data.slice() };
    moved.data[i]! += step;
    return (score(moved).data[i]! - here[i]!) / step;
  };
  const measure = (fn: () => void) => {
    const seconds: number[] = [];
    for (let round = 0; round < rounds; round++) {
      scores = 0;
      const begun = performance.now();
      fn();
      seconds.push((performance.now() - begun) / 1000);
    }
    return { seconds: seconds.sort((a, b) => a - b)[rounds >> 1]!, scores };
  };
  return {
    size,
    // Two probes are the fewest that have a standard error: half of what they cost beside the score that they share.
    probe: halved(measure(() => hutchinsonTrace(score, z, { probes: 2, scale: 0.1, key: foldIn(key, 21) }))),
    exact: measure(() => {
      const here = base();
      let trace = 0;
      for (let i = 0; i < size; i++) trace += entry(i, here);
      return trace;
    }),
  };
}

/** Three scores make two probes: one probe alone asks for two of them. */
function halved({ seconds, scores }: { seconds: number; scores: number }) {
  return { seconds: (seconds * 2) / 3, scores: (scores * 2) / 3 };
}

/** Of the least-squares line. */
function slope(x: readonly number[], y: readonly number[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, each) => sum + each, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const [top, bottom] = x.reduce(
    ([a, b], each, i) => [a + (each - mx) * (y[i]! - my), b + (each - mx) ** 2],
    [0, 0],
  );
  return top / bottom;
}
