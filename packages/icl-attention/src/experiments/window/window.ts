import { defineExperiment } from '@lab/experiment';
import { foldIn } from '@lab/tensor-core/random';
import { signalToNoise, type Setting } from '../../attention';
import { affineTasks, reluTasks, sphere } from '../../tasks';
import { optimalWindow, spectrumOf } from '../../theory';
import { fullTraining, steadyTraining, trainJobs, type Job, type TrainingScale } from '../shared/training';
import { claimsOf } from './claims';
import { reportOf } from './report';

export interface WindowSettings {
  readonly training: TrainingScale;
  readonly dimension: number;
  readonly repeats: number;
  /** Which settings are trained. */
  readonly grid: readonly Setting[];
  /** Greatest anisotropy that the claims allow for sampling. */
  readonly anisotropy: number;
}

/** Context points of one step at most: long contexts vary less, so fewer of them do. */
const pointsPerStep = 19_200;

const middle: Setting = { context: 200, lipschitz: 1, noise: 0.3 };
const short: Setting = { context: 50, lipschitz: 1, noise: 0.3 };
/** One of n, L and sigma is moved at a time. */
const noMoreContext: readonly Setting[] = [
  short,
  middle,
  { ...middle, lipschitz: 0.5 },
  { ...middle, lipschitz: 2 },
  { ...middle, noise: 0.15 },
  { ...middle, noise: 0.6 },
];
const whole: readonly Setting[] = [...noMoreContext, { ...middle, context: 800 }];

export const families = { affine: affineTasks, relu: reluTasks } as const;
export type FamilyName = keyof typeof families;

/** One setting of one family: what was learned, and what the theory says. */
export interface Learned extends Setting {
  readonly family: FamilyName;
  readonly ratio: number;
  /** Geometric mean of |w| over repeats. */
  readonly window: number;
  readonly theory: number;
  readonly anisotropy: number;
  /** trace(M) / d of linear attention, trained on the same tasks; affine tasks only. */
  readonly linear: number | undefined;
  /** Mean loss of the last tenth of linear attention's steps. */
  readonly linearLoss: number | undefined;
}

/** Does the learned window follow the task family, by the power law of the theory? */
export const window = defineExperiment<WindowSettings>({
  id: 'window',
  paper: 'icl-attention',
  title: 'Does the attention window adapt to Lipschitzness, noise and context?',
  summary:
    'One softmax-attention unit is pre-trained on affine and on ReLU tasks while the Lipschitz constant L, the label noise sigma ' +
    'and the number of context points n are varied one at a time. The inverse window w it learns is compared with the minimiser of ' +
    'the population loss, which is known in closed form on the sphere, and its growth with n L^2 / sigma^2 with the exponents ' +
    'of the theory. Linear attention is trained beside it.',
  data: ['drawn here: affine and ReLU tasks on the unit sphere'],
  scales: {
    tour: {
      training: { steps: 200, batch: 32, queries: 8 },
      dimension: 3,
      repeats: 1,
      grid: noMoreContext.slice(0, 5),
      // Half the prompts, and fewer steps.
      anisotropy: 0.06,
    },
    quick: { training: steadyTraining, dimension: 3, repeats: 1, grid: whole, anisotropy: 0.03 },
    full: { training: fullTraining, dimension: 3, repeats: 3, grid: whole, anisotropy: 0.03 },
  },
  async run(context) {
    const { grid, repeats, training, dimension, anisotropy } = context.settings;
    const names = Object.keys(families) as FamilyName[];
    const places = names.flatMap((family) => grid.map((setting) => ({ family, ...setting })));
    const jobs = places.flatMap(({ family, context: n, lipschitz, noise }, at): Job[] =>
      Array.from({ length: repeats }, (_, index) => ({
        label: `${family}, n ${n}, L ${lipschitz}, noise ${noise}`,
        family: families[family]({ lipschitz }),
        covariates: sphere(dimension),
        context: n,
        noise,
        batch: Math.min(training.batch, Math.floor(pointsPerStep / n)),
        key: foldIn(foldIn(context.key, at), index),
      })),
    );
    const softmax = await trainJobs(jobs, { context, training, span: [0, 0.8] });
    // Rates and starts differ: the matrix of linear attention has another scale.
    const linear = await trainJobs(
      jobs
        .filter(({ family }) => family.name === 'affine')
        .map((job) => ({ ...job, kind: 'linear', startWindow: 1, learningRate: 0.3 })),
      { context, training, span: [0.8, 1] },
    );
    const learned = places.map(({ family, ...setting }, at): Learned => {
      const own = softmax.slice(at * repeats, (at + 1) * repeats);
      const beside = linear.slice(at * repeats, (at + 1) * repeats);
      const spectrum = spectrumOf(families[family](setting), { dimension });
      const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
      return {
        family,
        ...setting,
        ratio: signalToNoise(setting),
        window: Math.exp(mean(own.map((each) => Math.log(Math.abs(each.window))))),
        theory: optimalWindow(spectrum, setting).window,
        anisotropy: Math.max(...own.map((each) => each.anisotropy)),
        linear: family === 'affine' ? mean(beside.map((each) => each.window)) : undefined,
        linearLoss:
          family === 'affine'
            ? mean(beside.map(({ losses }) => mean(losses.slice(-Math.ceil(losses.length / 10)))))
            : undefined,
      };
    });
    const seconds = [...softmax, ...linear].reduce((sum, each) => sum + each.seconds, 0);
    const count = (softmax.length + linear.length) * training.steps;
    return {
      claims: claimsOf(learned, { dimension, middle, anisotropy }),
      ...reportOf(learned, { middle }),
      facts: {
        trainings: softmax.length + linear.length,
        steps: count,
        'steps a second': Math.round(count / seconds),
        engine: softmax[0]!.engine,
      },
    };
  },
});
