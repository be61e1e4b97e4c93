/** One experiment from its definition to its report. Run: npx tsx examples/nano.ts [DIR] */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { claim, defineExperiment, histogramFigure, repeat, runExperiment, summarize } from '@lab/experiment';
import { writeResult } from '@lab/experiment/node';
import { normal } from '@lab/tensor-core/random';

const experiment = defineExperiment({
  id: 'normal',
  paper: 'example',
  title: 'Are the normal draws normal?',
  summary: 'A standard normal has variance 1. The variance of draws is measured in independent repeats.',
  data: ['drawn'],
  scales: { tour: { draws: 1000 }, quick: { draws: 20_000 }, full: { draws: 1_000_000 } },
  run: async (context) => {
    const samples = await repeat(context, 4, ({ key }) => normal(key, context.settings.draws));
    const variance = summarize(
      samples.map((sample) => sample.reduce((sum, x) => sum + x * x, 0) / sample.length),
    );
    return {
      claims: [
        claim({
          id: 'variance',
          statement: 'The variance is 1',
          paper: 'definition',
          measured: variance,
          criterion: 'the 95% interval over 4 repeats holds 1',
          holds: ({ low, high }) => low <= 1 && 1 <= high,
        }),
      ],
      tables: [],
      figures: [
        histogramFigure({
          id: 'density',
          title: 'Density',
          caption: 'Draws of the first two repeats.',
          samples: samples.slice(0, 2).map((values, index) => ({ name: `repeat ${index + 1}`, values })),
          x: { title: 'draw' },
        }),
      ],
    };
  },
});

const result = await runExperiment(experiment, { scale: 'tour' });
const [, , named] = process.argv;
const dir = named ?? (await mkdtemp(join(tmpdir(), 'lab-example-')));
const { report, figures } = await writeResult(dir, result, { title: experiment.title });
console.log(
  `${result.status}: ${result.claims.map(({ statement, measured }) => `${statement} (${measured})`).join()}`,
);
console.log([report, ...figures].map((file) => relative(dir, file)).join(' '));
if (named === undefined) await rm(dir, { recursive: true });
