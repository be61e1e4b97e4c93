import { claim, defineExperiment, pairedDifference, repeat, summarize } from '@lab/experiment';
import { normal, type Key } from '@lab/tensor-core/random';
import { jamesStein } from '../james-stein';

const dimensions = 10;
/** Lengths of the true mean; the estimator gains most near 0. */
const lengths = [0, 1, 2, 4, 8];

export const risk = defineExperiment({
  id: 'risk',
  paper: 'rf-inversion',
  title: 'Squared error of the estimate and of the observation',
  summary:
    'Is the estimate closer to the true mean than the observation it is made from? Observations of ten numbers are drawn around means of several lengths, and both errors are measured on the same draws.',
  data: ['drawn here: standard normal noise around a fixed mean'],
  scales: {
    tour: { draws: 500, repeats: 5 },
    quick: { draws: 5000, repeats: 10 },
    full: { draws: 50_000, repeats: 20 },
  },
  run: async (context) => {
    const { draws, repeats } = context.settings;
    const runs = await repeat(context, repeats, ({ key }) =>
      lengths.map((length) => errors(key, draws, length)),
    );
    const at = (which: 'observed' | 'estimated', index: number): number[] =>
      runs.map((run) => run[index]![which]);

    const gains = lengths.map((_, index) => pairedDifference(at('observed', index), at('estimated', index)));
    const atZero = summarize(at('estimated', 0));
    const rows = lengths.map((length, index) => ({
      length,
      observed: summarize(at('observed', index)),
      estimated: summarize(at('estimated', index)),
    }));
    return {
      claims: [
        claim({
          id: 'dominates',
          statement: 'The estimate is closer to the mean than the observation, for means of every length',
          paper: 'James & Stein 1961: for every mean',
          measured: Object.fromEntries(lengths.map((length, index) => [`gain at ${length}`, gains[index]!])),
          criterion: 'the 95% interval of the gain in squared error lies above 0 for every length',
          holds: gains.every(({ low }) => low > 0),
        }),
        claim({
          id: 'risk-at-zero',
          statement: 'At mean 0 the expected squared error is 2',
          paper: 'James & Stein 1961: 2 in every dimension from three on',
          measured: atZero,
          criterion: 'within 5% of 2',
          holds: ({ mean }) => Math.abs(mean - 2) <= 0.1,
        }),
      ],
      tables: [
        {
          id: 'errors',
          title: 'Mean squared error by the length of the true mean',
          columns: ['length', 'observation', 'estimate'],
          rows: rows.map(({ length, observed, estimated }) => [length, observed, estimated]),
        },
      ],
      figures: [
        {
          id: 'errors',
          title: 'Squared error by the length of the true mean',
          caption: `Means over ${repeats} repeats of ${draws} draws each; the observation's error is ${dimensions} everywhere.`,
          spec: {
            data: {
              values: rows.flatMap(({ length, observed, estimated }) => [
                { length, error: observed.mean, of: 'observation' },
                { length, error: estimated.mean, of: 'estimate' },
              ]),
            },
            mark: { type: 'line', point: true },
            encoding: {
              x: { field: 'length', type: 'quantitative', title: 'length of the true mean' },
              y: { field: 'error', type: 'quantitative', title: 'mean squared error' },
              color: { field: 'of', type: 'nominal', title: null },
            },
          },
        },
      ],
    };
  },
});

/** Mean squared errors over `draws` observations around the mean (length, 0, ..., 0). */
function errors(key: Key, draws: number, length: number): { observed: number; estimated: number } {
  const data = Float64Array.from(normal(key, draws * dimensions));
  for (let row = 0; row < draws; row++) data[row * dimensions]! += length;
  const estimates = jamesStein({ shape: [draws, dimensions], data });
  return {
    observed: squaredError(data, length) / draws,
    estimated: squaredError(estimates.data, length) / draws,
  };
}

function squaredError(estimates: Float64Array, length: number): number {
  return estimates.reduce((sum, each, i) => sum + (each - (i % dimensions === 0 ? length : 0)) ** 2, 0);
}
