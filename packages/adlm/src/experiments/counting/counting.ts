import { claim, defineExperiment, lineFigure, repeat, summarize } from '@lab/experiment';
import { foldIn } from '@lab/tensor-core/random';
import {
  chainTable,
  divergence,
  drawChain,
  drawCounts,
  fitChain,
  fitFullTable,
  freeParameters,
} from '../../theory/tabular';

const sizes = { states: 3, length: 4 };
const ratio = freeParameters(sizes).full / freeParameters(sizes).chain;

export const counting = defineExperiment({
  id: 'counting',
  paper: 'adlm',
  title: 'Samples that tables need, with and without anchors',
  summary:
    'Does knowing which token another depends on save samples (proposition 4.4)? Chains of four tokens are drawn, and the table of all sequences and the tables of neighbours are estimated by counting the same draws.',
  data: ['drawn here: first-order chains over three tokens'],
  scales: {
    tour: { counts: [500, 2000, 20_000], repeats: 10 },
    quick: { counts: [500, 2000, 20_000, 200_000], repeats: 30 },
    full: { counts: [500, 2000, 20_000, 200_000], repeats: 200 },
  },
  run: async (context) => {
    const { counts, repeats } = context.settings;
    const runs = await repeat(context, repeats, ({ key }) => {
      const table = chainTable(drawChain({ ...sizes, key: foldIn(key, 0) }));
      return counts.map((count, i) => {
        const drawn = drawCounts(table, { count, key: foldIn(key, i + 1) });
        return {
          full: divergence(table, fitFullTable(drawn)),
          anchored: divergence(table, chainTable(fitChain(drawn, sizes))),
        };
      });
    });
    const at = (i: number, which: 'full' | 'anchored') => summarize(runs.map((run) => run[i]![which]));
    const last = counts.length - 1;
    const found = at(last, 'full').mean / at(last, 'anchored').mean;
    const slope = (which: 'full' | 'anchored'): number =>
      Math.log(at(last, which).mean / at(1, which).mean) / Math.log(counts[last]! / counts[1]!);
    const slopes = { full: slope('full'), anchored: slope('anchored') };
    return {
      claims: [
        claim({
          id: 'ratio',
          statement: 'Estimates with known anchors are better by the ratio of their free parameters',
          paper: 'proposition 4.4: sample complexity is the size of the tables; 80 / 20 free parameters here',
          measured: { 'ratio of divergences': found, 'ratio of parameters': ratio },
          criterion: 'at the most draws, within 15% of the ratio of free parameters',
          holds: Math.abs(found / ratio - 1) <= 0.15,
        }),
        claim({
          id: 'rate',
          statement: 'Divergences fall as one over the number of draws',
          paper: 'classical: free parameters / (2 N)',
          measured: slopes,
          criterion: 'both slopes in log-log, from the second number of draws to the last, within 0.1 of -1',
          holds: Object.values(slopes).every((each) => Math.abs(each + 1) <= 0.1),
        }),
      ],
      tables: [
        {
          id: 'divergence',
          title: 'Divergence of the truth to its estimate, nats',
          columns: ['draws', 'full table', 'with anchors'],
          rows: counts.map((count, i) => [count, at(i, 'full'), at(i, 'anchored')]),
        },
      ],
      figures: [
        lineFigure({
          id: 'divergence',
          title: 'Samples that tables need',
          caption: 'Divergence of the truth to its estimate by the number of draws, both axes logarithmic.',
          x: { title: 'draws', scale: 'log' },
          y: { title: 'divergence (nats)', scale: 'log' },
          series: (['full', 'anchored'] as const).map((which) => ({
            name: which === 'full' ? 'full table' : 'with anchors',
            x: counts,
            y: counts.map((_, i) => at(i, which).mean),
          })),
        }),
      ],
    };
  },
});
