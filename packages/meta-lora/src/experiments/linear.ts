import { barFigure, claim, defineExperiment, repeat } from '@lab/experiment';
import { norm } from '@lab/tensor-core/linalg64';
import { foldIn, type Key } from '@lab/tensor-core/random';
import {
  drawLinearSamples,
  drawLinearTasks,
  fineTuneLinear,
  momentsOf,
  retrainLinear,
  mamlLinear,
  reptileLinear,
  sharedAdapterLinear,
  standardRetrainLinear,
  standardSolution,
  testFloor,
} from '../linear';
import { plus } from '../linear/matrix';
import { median } from './shared/medians';

interface Panel {
  readonly name: string;
  readonly d?: number;
  readonly tasks?: number;
  readonly k?: number;
  /** N, samples of a retraining task. */
  readonly samples?: number;
  /** n, samples of the test task. */
  readonly test?: number;
  readonly steps?: number;
  /** Rank of the test adapter, in units of k. */
  readonly testRank?: number;
}

interface Settings {
  readonly panels: readonly Panel[];
  readonly repeats: number;
}

interface Trial {
  readonly panel: string;
  readonly meta: number;
  readonly standard: number;
  readonly floor: number;
  readonly baseError: { readonly meta: number; readonly standard: number };
  /** Of the other baselines, at the default setting. */
  readonly others?: Readonly<Record<(typeof otherNames)[number], number>>;
}

const otherNames = ['MAML', 'Reptile', 'multi-task LoRA'] as const;

const defaults: Panel = { name: 'default' };
const two: Panel = { name: 'T = 2, test rank 3', tasks: 2, testRank: 3, steps: 10_000 };

const quick: readonly Panel[] = [
  defaults,
  { name: 'd = 5', d: 5 },
  { name: 'T = 5', tasks: 5, steps: 10_000 },
  two,
  { name: 'k = 2', k: 2, steps: 10_000 },
  { name: 'N = 100', samples: 100, steps: 1000 },
  { name: 'n = 20', test: 20, steps: 1000 },
];

/** The paper's synthetic linear experiment. */
export const linear = defineExperiment<Settings>({
  id: 'linear',
  paper: 'meta-lora',
  title: 'Linear tasks: retraining for adapters, or for the average',
  summary:
    'Tasks A* + u u^T are learnt from noisy samples by standard retraining and by LoRA-ML, then a new task is fine-tuned with a ' +
    'rank-k adapter. The excess risk is compared with the floor that theory gives standard retraining.',
  data: ['Gaussian linear tasks'],
  scales: {
    tour: { panels: [defaults, two], repeats: 3 },
    quick: { panels: quick, repeats: 5 },
    full: {
      panels: [
        ...quick,
        { name: 'd = 20', d: 20 },
        { name: 'k = 3', k: 3, steps: 10_000 },
        { name: 'N = 1000', samples: 1000, steps: 1000 },
        { name: 'N = 10000', samples: 10_000, steps: 1000 },
        { name: 'n = 10', test: 10, steps: 1000 },
        { name: 'n = 1000', test: 1000, steps: 1000 },
        { name: 'n = 10000', test: 10_000, steps: 1000 },
      ],
      repeats: 5,
    },
  },
  async run(context) {
    const { panels, repeats } = context.settings;
    const trials: Trial[] = [];
    await repeat(context, repeats, ({ key, progress }) => {
      for (const [place, panel] of panels.entries()) {
        progress(place / panels.length, panel.name);
        trials.push(trial(panel, key));
      }
    });
    const of = (name: string, read: (each: Trial) => number): number =>
      median(trials.filter(({ panel }) => panel === name).map(read));
    const [meta, standard, floor] = [
      of('default', (each) => each.meta),
      of('default', (each) => each.standard),
      of('default', (each) => each.floor),
    ];
    const others = otherNames.map((name) => [name, of('default', (each) => each.others![name])] as const);
    const ratios = panels
      .filter(({ testRank }) => !testRank)
      .map(({ name }) => of(name, (each) => each.standard) / of(name, (each) => each.meta));
    return {
      claims: [
        claim({
          id: 'meta-base-adapts',
          statement: 'LoRA-ML finds a base that a rank-k adapter fits to the new task',
          paper: 'fine-tuning from the LoRA-ML base has error O(kd/n) (theorem on finite samples)',
          measured: { 'median excess risk': meta },
          criterion: 'below 1e-3 at the default setting',
          holds: meta < 1e-3,
        }),
        claim({
          id: 'standard-base-does-not',
          statement: 'Standard retraining stays at the floor that its rank kT error leaves',
          paper: 'theorem 1: the test residual has rank k(T + 1)',
          measured: { 'median excess risk': standard, 'median floor': floor },
          criterion: 'within 10% of the floor',
          holds: Math.abs(standard / floor - 1) < 0.1,
        }),
        claim({
          id: 'ratio',
          statement: 'LoRA-ML is far below standard retraining in every panel that can tell them apart',
          paper: 'curves of section 5.1 (all panels)',
          measured: `standard over LoRA-ML: ${ratios.map((each) => each.toPrecision(2)).join(', ')}`,
          criterion: 'above 1000 in every panel with test rank k',
          holds: Math.min(...ratios) > 1000,
        }),
        claim({
          id: 'unrolling-does-not-help',
          statement: 'MAML, Reptile and multi-task LoRA do not find that base either',
          paper: 'not reported for linear tasks',
          measured: Object.fromEntries(others),
          criterion: 'each above 1000 times the median excess risk of LoRA-ML at the default setting',
          holds: others.every(([, risk]) => risk > 1000 * meta),
        }),
      ],
      tables: [
        {
          id: 'panels',
          title: 'Excess risk 1/2 ||A - A_{T+1}||_F^2 of the new task after fine-tuning (medians)',
          columns: [
            'setting',
            'LoRA-ML',
            'standard',
            'floor of standard',
            'base error, LoRA-ML',
            'base error, standard',
          ],
          rows: panels.map(({ name }) => [
            name,
            of(name, (each) => each.meta),
            of(name, (each) => each.standard),
            of(name, (each) => each.floor),
            of(name, ({ baseError }) => baseError.meta),
            of(name, ({ baseError }) => baseError.standard),
          ]),
          note:
            `Noise 0.01, ${repeats} repeats. Base errors are relative to the shift of standard retraining. With T = 2 and test rank 3k ` +
            'standard retraining fits as well, as its residual has just that rank.',
        },
        {
          id: 'baselines',
          title: 'Excess risk of the new task at the default setting (medians)',
          columns: ['base', 'after fine-tuning with rank 1'],
          rows: [['LoRA-ML', meta], ['standard', standard], ...others],
          note:
            'The baselines are exact solutions for the same samples; MAML and Reptile with five inner steps of rate 0.1. ' +
            'Multi-task LoRA has rank 1 on a base of zeros.',
        },
      ],
      figures: [
        barFigure({
          id: 'panels',
          title: 'Excess risk of the new task',
          caption: 'Medians, and from the least to the most of the repeats.',
          value: { title: 'excess risk', scale: 'log' },
          bars: panels.flatMap(({ name }) =>
            (['meta', 'standard'] as const).map((base) => {
              const risks = trials.filter(({ panel }) => panel === name).map((each) => each[base]);
              const [low, high] = [Math.min(...risks), Math.max(...risks)];
              const value = { mean: median(risks), low, high, n: risks.length };
              return { category: name, series: base === 'meta' ? 'LoRA-ML' : 'standard', value };
            }),
          ),
        }),
      ],
    };
  },
});

const noise = 0.01;

function trial(panel: Panel, key: Key): Trial {
  const { name, d = 10, tasks: T = 3, k = 1, samples = 5000, test = 100, steps = 1400, testRank = 1 } = panel;
  const tasks = drawLinearTasks(foldIn(key, 0), { dimensions: d, tasks: T, rank: k });
  const moments = tasks.targets.map((target, t) => {
    const { x, y } = drawLinearSamples(foldIn(foldIn(key, 1), t), target, { samples, noise });
    return momentsOf(x, y);
  });
  const fresh = drawLinearSamples(foldIn(key, 2), tasks.test, { samples: test, noise });
  const fine = momentsOf(fresh.x, fresh.y);
  const rank = k * testRank;
  const bases = {
    meta: retrainLinear(moments, { rank: k, key: foldIn(key, 3) }).base,
    standard: standardRetrainLinear(moments),
  };
  const riskOf = (base: typeof bases.meta): number =>
    0.5 * norm(plus(fineTuneLinear(base, fine, { rank, key: foldIn(key, 4), steps }), tasks.test, -1)) ** 2;
  const exact = standardSolution(tasks.targets);
  const shift = norm(plus(exact, tasks.shared, -1));
  const errorOf = (base: typeof bases.meta): number => norm(plus(base, tasks.shared, -1)) / shift;
  const inner = { innerRate: 0.1, innerSteps: 5 };
  const zero = { shape: [d, d], data: new Float64Array(d * d) };
  return {
    panel: name,
    ...(panel === defaults && {
      others: {
        MAML: riskOf(mamlLinear(moments, inner)),
        Reptile: riskOf(reptileLinear(moments, inner)),
        'multi-task LoRA': riskOf(sharedAdapterLinear(zero, moments, { rank })),
      },
    }),
    meta: riskOf(bases.meta),
    standard: riskOf(bases.standard),
    floor: testFloor(plus(tasks.test, exact, -1), rank),
    baseError: { meta: errorOf(bases.meta), standard: errorOf(bases.standard) },
  };
}
