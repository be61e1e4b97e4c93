import { defineExperiment, type RunContext } from '@lab/experiment';
import {
  loadBeijingAir,
  loadFlightTraffic,
  loadGoogleStock,
  loadMetroTraffic,
  loadSp500,
} from '@lab/datasets/node';
import { isLabError } from '@lab/tensor-core/errors';
import { foldIn } from '@lab/tensor-core/random';
import { claimsOf } from './claims';
import { compareOn, type TaskResult, type TaskSettings } from './compare';
import { artifactsOf, exampleFigure, figuresOf } from './figures';
import { hourlyTask } from './hourly-task';
import { stockTask } from './stock-task';
import { tablesOf } from './tables';
import type { SeriesTask } from './task';

interface Settings {
  /** For the two data sets that every installation has. */
  readonly main: TaskSettings;
  /** For the paper's own sets, where a data folder has them; `false` leaves them out. */
  readonly extra: TaskSettings | false;
}

const small = { network: 'mlp', width: 128, encoderSteps: 200 } as const;

export const real = defineExperiment<Settings>({
  id: 'real',
  paper: 'cps',
  title: 'Real series: a trained diffusion model under about a hundred constraints',
  summary:
    'A diffusion model is trained on real series that know nothing of constraints: 24 days of S&P 500 price bars, and four days of ' +
    'hourly departures of US airports. The constraints of each generated series are read off a held-out real one (order of each ' +
    "bar's prices, first open and total return; mean, five values, positions and values of both extremes, non-negativity). CPS and " +
    "the paper's baselines generate under them from the same noise and are judged by violations, by quality (FTSD, TSTR) and by " +
    'similarity to the source (DTW, SSIM). Where a data folder has them, Google stock, Beijing air and Metro traffic run too.',
  data: ['sp500', 'flight-traffic', 'google-stock', 'beijing-air', 'metro-traffic'],
  scales: {
    tour: {
      main: { ...small, trainingSteps: 1000, series: 200, repeats: 1, methods: 'few', retrained: false },
      extra: false,
    },
    quick: {
      main: { ...small, trainingSteps: 1200, series: 200, repeats: 3, methods: 'most', retrained: true },
      extra: { ...small, trainingSteps: 800, series: 200, repeats: 1, methods: 'few', retrained: false },
    },
    full: {
      main: {
        network: 'transformer',
        width: 64,
        encoderSteps: 1000,
        trainingSteps: 8000,
        series: 400,
        repeats: 5,
        methods: 'all',
        retrained: true,
      },
      extra: {
        network: 'transformer',
        width: 64,
        encoderSteps: 1000,
        trainingSteps: 8000,
        series: 400,
        repeats: 5,
        methods: 'all',
        retrained: true,
      },
    },
  },
  async run(context) {
    const plan = await tasksFor(context);
    const results: TaskResult[] = [];
    for (const [index, { load, settings }] of plan.entries()) {
      const weights = plan.map((each) => each.settings.trainingSteps * each.settings.repeats);
      const before = weights.slice(0, index).reduce((sum, each) => sum + each, 0);
      const all = weights.reduce((sum, each) => sum + each, 0);
      const task = await load();
      const result = await compareOn(task, settings, {
        key: foldIn(context.key, index),
        signal: context.signal,
        progress: (fraction, label) => context.progress((before + fraction * weights[index]!) / all, label),
      });
      results.push(result);
      // What a data set gave stands even if the next one is interrupted.
      context.emit({ tables: tablesOf([result]), figures: [exampleFigure(result)] });
    }
    return {
      claims: claimsOf(results),
      tables: tablesOf(results),
      figures: figuresOf(results),
      artifacts: artifactsOf(results),
      facts: Object.fromEntries(
        results.flatMap(({ task, training, cost, constraintCount, series }) => [
          [`${task.id}: training windows`, task.train.shape[0]!],
          [`${task.id}: training seconds`, Number(training.seconds.toFixed(1))],
          [`${task.id}: training loss`, Number(training.loss.toFixed(4))],
          [`${task.id}: constraints of each series`, constraintCount],
          [`${task.id}: series generated at once`, series],
          [`${task.id}: seconds of a projection of all`, Number(cost.secondsPerStep.toFixed(5))],
          [`${task.id}: seconds of a model call`, Number(cost.modelSecondsPerStep.toFixed(5))],
        ]),
      ),
    };
  },
});

interface Plan {
  readonly load: () => Promise<SeriesTask>;
  readonly settings: TaskSettings;
}

/** The two sets that are always there, then those that the data folder has. */
async function tasksFor({ settings, dataDir, log }: RunContext<Settings>): Promise<Plan[]> {
  const departures = 'relative departures';
  const plan: Plan[] = [
    { settings: settings.main, load: async () => stockTask(await loadSp500(), { stride: 1 }) },
    {
      settings: settings.main,
      load: async () => hourlyTask(await loadFlightTraffic({ top: 20 }), { stride: 5, value: departures }),
    },
  ];
  const { extra } = settings;
  if (extra === false) return plan;
  if (dataDir === undefined) {
    log('google-stock, beijing-air and metro-traffic are left out: no data folder (--data-dir)');
    return plan;
  }
  const folder: [name: string, load: () => Promise<SeriesTask>][] = [
    ['google-stock', async () => stockTask(await loadGoogleStock(dataDir), { stride: 1 })],
    [
      'beijing-air',
      async () => hourlyTask(await loadBeijingAir(dataDir), { stride: 29, value: 'concentration / mean' }),
    ],
    [
      'metro-traffic',
      async () => hourlyTask(await loadMetroTraffic(dataDir), { stride: 7, value: 'vehicles / mean' }),
    ],
  ];
  for (const [name, load] of folder) {
    try {
      const task = await load();
      plan.push({ settings: extra, load: () => Promise.resolve(task) });
    } catch (error) {
      if (!isLabError(error) || error.code !== 'missing') throw error;
      log(`${name} is left out: ${error.message}`);
    }
  }
  return plan;
}
