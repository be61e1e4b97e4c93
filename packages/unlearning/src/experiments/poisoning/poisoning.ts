import { engine, type MlpParams } from '@lab/tensor-core';
import { barFigure, claim, defineExperiment, lineFigure, summarize } from '@lab/experiment';
import {
  gradientAscent,
  gradientDescent,
  l1Sparse,
  minNormOG,
  negGradPlus,
  noisyGradientDescent,
  orthoGrad,
  retrain,
  ridge,
} from '../../methods';
import { crossed, type Candidate, type Grid } from '../shared/grid';
import { median, methodsOfThePaper, sweeps, sweepNote, type Chosen } from '../shared/sweep';
import { freeSine, sineError, sineProblem, sineValues, type SineProblem } from './sine';

interface Measured {
  readonly score: number;
  readonly error: number;
  readonly before: number;
  readonly trainingLoss: number;
  readonly values: Float32Array;
}

/** The paper's sweeps (App. F) in equal shares: two rates times three settings, or six rates. */
function gridFor(epochs: number): Grid {
  const few = [5e-3, 1e-3];
  const many = [5e-3, 1e-2, 1e-3, 2e-3, 5e-4, 1e-4];
  const period = epochs >= 1000 ? 10 : epochs >= 100 ? 2 : 1;
  const gdEpochs = Math.floor(epochs / 2);
  const weights = [0.1, 1, 3].map((weight) => ({ weight }));
  const alone = (make: () => ReturnType<typeof retrain>): Candidate[] => crossed(many, [{}], make);
  return {
    'MinNorm-OG': crossed(
      few,
      [
        { strength: 0.1, strengthDecay: 0.9 },
        { strength: 0.3, strengthDecay: 0.9 },
        { strength: 0.3, strengthDecay: 0.6 },
      ],
      (setting) => minNormOG({ ...setting, gdEpochs, period }),
    ),
    Retrain: alone(retrain),
    GD: alone(gradientDescent),
    GA: alone(gradientAscent),
    NGP: crossed(
      few,
      [1e-3, 1e-2, 1e-1].map((forgetWeight) => ({ forgetWeight })),
      negGradPlus,
    ),
    NGD: crossed(
      few,
      [0.1, 0.5, 1].map((sigma) => ({ sigma })),
      noisyGradientDescent,
    ),
    Ridge: crossed(few, weights, (setting) => ridge({ ...setting, decay: 0.9 })),
    'l1-Sparse': crossed(few, weights, l1Sparse),
    OrthoGrad: crossed(
      few,
      [0.9, 0.5, 0.99].map((retainShare) => ({ retainShare })),
      (setting) => orthoGrad({ ...setting, sampleSize: 10 }),
    ),
  };
}

const over = (chosen: Chosen<Measured>): number => median(chosen.runs.map(({ error }) => error));

export const poisoning = defineExperiment({
  id: 'data-poisoning',
  paper: 'unlearning',
  title: 'Poisoned points of a sine',
  summary:
    'A network fits sin x and a few points moved to 1.5. Unlearning is to take the moved points away without seeing new data: how far ' +
    'is the result from the sine, at worst, for each method after the same sweep?',
  data: ['points of sin x, drawn'],
  scales: {
    tour: {
      epochs: [100],
      tuning: 1,
      reported: 1,
      budget: 3,
      domain: 2 * Math.PI,
      retained: 20,
      poisoned: 3,
      width: 64,
      training: 4000,
    },
    quick: {
      epochs: [10, 100],
      tuning: 2,
      reported: 5,
      budget: 6,
      domain: 2 * Math.PI,
      retained: 20,
      poisoned: 3,
      width: 64,
      training: 8000,
    },
    full: {
      epochs: [10, 100, 1000],
      tuning: 3,
      reported: 10,
      budget: 6,
      domain: 5 * Math.PI,
      retained: 50,
      poisoned: 5,
      width: 300,
      training: 100_000,
    },
  },
  async run(context) {
    await engine();
    const { settings, signal } = context;
    const byEpochs = await sweeps<MlpParams, SineProblem, Measured>(context, settings.epochs, {
      grid: gridFor,
      problem: (key) => sineProblem(key, settings, signal),
      dispose: freeSine,
      run: { task: 'regression' },
      async measure(problem, params) {
        const error = await sineError(problem, params);
        const values = await sineValues(problem, params);
        return { score: -error, error, before: problem.error, trainingLoss: problem.loss, values };
      },
    });

    const at = settings.epochs.includes(100) ? 100 : settings.epochs[0]!;
    const chosen = byEpochs.get(at)!;
    const error = Object.fromEntries(chosen.map((each) => [each.name, over(each)]));
    const ours = error['MinNorm-OG']!;
    const others = methodsOfThePaper(error, ['MinNorm-OG', 'Retrain']);
    const shown = chosen[0]!.runs[0]!;
    const domain = Array.from({ length: 1000 }, (_, i) => -settings.domain + (2 * settings.domain * i) / 999);
    return {
      claims: [
        claim({
          id: 'least-sup-error',
          statement: `MinNorm-OG is nearest to the sine after ${at} epochs`,
          paper:
            'T = 100: MinNorm-OG 1.08, Retrain 1.36, l1 1.79, Ridge 2.13, all others above 2.6 (Table 1)',
          measured: error,
          criterion:
            'median error of MinNorm-OG at most 0.25, at most that of Retrain, at most half of every other method of the paper',
          holds: ours <= 0.25 && ours <= error.Retrain! && others.every((each) => ours <= 0.5 * each),
        }),
        claim({
          id: 'loss-gradients-have-no-signal',
          statement:
            'Descent on the retained loss does not unlearn, ascent on the forgotten one destroys the model',
          paper: 'T = 100: GD 2.76, GA 23.8 (Table 1)',
          measured: { GD: error.GD!, GA: error.GA! },
          criterion: 'median error of GD at least 1, of GA at least 5',
          holds: error.GD! >= 1 && error.GA! >= 5,
        }),
      ],
      tables: [...byEpochs].map(([epochs, each]) => ({
        id: `epochs-${epochs}`,
        title: `sup |f - sin| after ${epochs} epochs`,
        columns: ['method', 'median', 'mean', 'setting'],
        rows: each.map((method) => [
          method.name,
          over(method),
          summarize(method.runs.map((run) => run.error)),
          method.candidate.label,
        ]),
        note:
          `${sweepNote(settings)} ` +
          `Before unlearning: ${each[0]!.runs.map(({ before }) => before.toFixed(2)).join(', ')}; loss on all points ` +
          `${each[0]!.runs.map(({ trainingLoss }) => trainingLoss.toExponential(1)).join(', ')}.`,
      })),
      figures: [
        lineFigure({
          id: 'functions',
          title: `What is learnt after ${at} epochs of unlearning`,
          caption: 'The first of the reported problems.',
          series: ['MinNorm-OG', 'Retrain', 'GD'].map((name) => ({
            name,
            x: domain,
            y: chosen.find((each) => each.name === name)!.runs[0]!.values,
          })),
          x: { title: 'x' },
          y: { title: 'f(x)' },
          points: false,
        }),
        barFigure({
          id: 'errors',
          title: `Greatest error after ${at} epochs`,
          caption: `Before unlearning it was ${shown.before.toFixed(2)} on the first problem.`,
          bars: chosen
            .filter(({ name }) => name !== 'GA')
            .map((each) => ({ category: each.name, value: summarize(each.runs.map((run) => run.error)) })),
          value: { title: 'sup |f - sin|', zero: true },
        }),
      ],
    };
  },
});
