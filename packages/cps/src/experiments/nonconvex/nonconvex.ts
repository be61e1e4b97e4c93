import { foldIn, type Key } from '@lab/tensor-core/random';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { claim, defineExperiment, repeat, smallMultiples, summarize, type Summary } from '@lab/experiment';
import { cps, exactPullback, guidedDiffTime, postHoc, prodigy, type SeriesMethod } from '../../baselines';
import { constraintsFrom } from '../../constraints';
import { dtw, frechetBetween, violationSummary } from '../../metrics';
import { compileConstraints } from '../../projection';
import { drawSeries, exactDenoiser, length, schedule } from '../gaussian-process/process';

interface NonconvexSettings {
  /** Series of one repeat. */
  readonly series: number;
  readonly repeats: number;
}

interface Outcome {
  readonly rate: number;
  readonly worst: number;
  readonly frechet: number;
  readonly dtw: number;
  readonly seconds: number;
}

/** Constraints that no convex solver takes: given standard deviation, autocorrelation and mean absolute change. */
export const nonconvex = defineExperiment<NonconvexSettings>({
  id: 'nonconvex',
  paper: 'cps',
  title: 'Constraints that are not convex',
  summary:
    'Each series must have the standard deviation, the lag-1 autocorrelation and the mean absolute change of a real draw ' +
    'of a Gaussian process, three equalities of which none is convex. The denoiser is exact, so what differs is the way ' +
    'constraints are imposed. Guidance, the usual answer to such constraints, is given three strengths.',
  data: ['a Gaussian process with a daily rhythm, 48 steps, drawn from the seed'],
  scales: {
    tour: { series: 24, repeats: 1 },
    quick: { series: 40, repeats: 3 },
    full: { series: 300, repeats: 5 },
  },
  async run(context) {
    const { series: count, repeats } = context.settings;
    const methods = methodsUnderTest();
    const examples: { source?: Float64Array; samples: Map<string, Float64Array> } = { samples: new Map() };
    const runs = await repeat(context, repeats, async ({ index, key, progress }) => {
      const source = drawSeries(foldIn(key, 0), count);
      const fresh = drawSeries(foldIn(key, 1), count);
      const outcomes = new Map<string, Outcome>();
      for (const [m, method] of methods.entries()) {
        const { outcome, samples } = await measure(method, { source, fresh, key: foldIn(key, 2), context });
        outcomes.set(method.name, outcome);
        if (index === 0) examples.samples.set(method.name, samples.data.slice(0, length));
        progress((m + 1) / methods.length, method.name);
      }
      if (index === 0) examples.source = source.data.slice(0, length);
      return outcomes;
    });
    const over = (name: string, field: keyof Outcome): Summary =>
      summarize(runs.map((run) => run.get(name)![field]));
    const guided = methods.filter(({ name }) => name.startsWith('guided'));
    const worst = Math.max(...runs.map((run) => run.get('cps')!.worst));
    const rates = guided.map(({ name }) => over(name, 'rate').mean);
    return {
      claims: [
        claim({
          id: 'nonconvex-zero-violations',
          statement: 'CPS satisfies non-convex constraints in every series',
          paper: 'zero or near-zero violations (qualitatively; result tables were not available)',
          measured: worst,
          criterion: 'the greatest total violation of any series is at most 1e-6',
          holds: (greatest) => greatest <= 1e-6,
        }),
        claim({
          id: 'guidance-violates',
          statement: 'Guidance does not reach them, whatever its strength',
          paper: 'guidance needs weights tuned for each set and gives no guarantee (introduction)',
          measured: guided.map(({ name }, i) => `${name}: ${(100 * rates[i]!).toFixed(0)}%`).join(', '),
          criterion: 'more than 90% of the series violate by more than 0.01 at every strength',
          holds: rates.every((rate) => rate > 0.9),
        }),
      ],
      tables: [
        {
          id: 'methods',
          title: 'Three non-convex equalities',
          columns: [
            'method',
            'violating series',
            'worst violation',
            'Frechet distance',
            'DTW to source',
            'seconds',
          ],
          rows: methods.map(({ name }) => [
            name,
            over(name, 'rate'),
            over(name, 'worst'),
            over(name, 'frechet'),
            over(name, 'dtw'),
            over(name, 'seconds'),
          ]),
          note:
            `Frechet distance of the raw values to fresh draws, with ${count} series of ${length} steps mostly sampling ` +
            'noise: compare within the column.',
        },
      ],
      figures: [examplesFigure(methods, examples)],
    };
  },
});

function methodsUnderTest(): SeriesMethod[] {
  const pullback = exactPullback(exactDenoiser(), schedule);
  return [
    cps(),
    cps({ eta: 1, name: 'cps-eta-1' }),
    postHoc(),
    prodigy(),
    ...[0.3, 3, 30].map((rho) => guidedDiffTime({ rho, pullback })),
  ];
}

async function measure(
  method: SeriesMethod,
  {
    source,
    fresh,
    key,
    context: { signal },
  }: { source: Array64; fresh: Array64; key: Key; context: { signal: AbortSignal } },
): Promise<{ outcome: Outcome; samples: Array64 }> {
  const batch = source.shape[0]!;
  const constraints = constraintsFrom(source, { std: true, lags: [1], meanChange: true });
  const projector = compileConstraints(constraints, { shape: [length, 1], batch });
  const { samples, violation, seconds } = await method.run(
    { denoiser: exactDenoiser(), schedule, projector, batch },
    { key, signal },
  );
  const { rate, worst } = violationSummary(violation);
  const distances = Array.from({ length: batch }, (_, b) => {
    const at = b * length;
    return dtw(samples.data.subarray(at, at + length), source.data.subarray(at, at + length));
  });
  const mean = distances.reduce((sum, each) => sum + each, 0) / batch;
  return { outcome: { rate, worst, frechet: frechetBetween(samples, fresh), dtw: mean, seconds }, samples };
}

function examplesFigure(
  methods: readonly SeriesMethod[],
  { source, samples }: { source?: Float64Array; samples: Map<string, Float64Array> },
) {
  const steps = Array.from({ length }, (_, t) => t);
  const own = { name: 'source', x: steps, y: source! };
  return smallMultiples({
    id: 'examples',
    title: 'One source and what each method makes of its statistics',
    caption:
      'Each generated series should have the standard deviation, lag-1 autocorrelation and mean absolute change of the ' +
      'source; its course is free.',
    panels: methods.map(({ name }) => ({
      title: name,
      series: [own, { name: 'generated', x: steps, y: samples.get(name)! }],
    })),
    x: { title: 'step' },
    y: { title: 'value' },
  });
}
