import { claim, defineExperiment, lineFigure, type Claim } from '@lab/experiment';
import {
  adam,
  cosineDecay,
  disposeTree,
  engine,
  fit,
  fromTensor,
  tf,
  tidyTree,
  type Tensor,
} from '@lab/tensor-core';
import { foldIn, type Key } from '@lab/tensor-core/random';
import { signalToNoise, type Setting } from '../../attention';
import { inspectMatrix, promptTensors } from '../../pretrain';
import { affineTasks, drawPrompts, reluTasks, sphere } from '../../tasks';
import { optimalWindow, spectrumOf, windowExponent } from '../../theory';
import { logLogSlope } from '../shared/slope';
import type { TrainingScale } from '../shared/training';
import { corner, dimension, firstLayer, layerLoss, type Layer, type LayerBatch } from './layer';

const families = { affine: affineTasks, relu: reluTasks } as const;

/** One training: the tasks and their prompts. */
interface LayerCase extends Setting {
  readonly family: keyof typeof families;
  /** Whether the query token is attended to, as in a raw transformer. */
  readonly attendQuery: boolean;
}

export interface RawLayerSettings {
  readonly training: TrainingScale;
  readonly cases: readonly LayerCase[];
}

interface Trained extends LayerCase {
  /** W_K^T W_Q, row by row [d + 1, d + 1]. */
  readonly product: Float32Array;
  readonly window: number;
  /** Correlation of the block of inputs with the identity. */
  readonly likeness: number;
  readonly loss: number;
  /** Window and loss of the restricted unit. */
  readonly best: { readonly window: number; readonly loss: number };
  readonly losses: readonly number[];
}

const short: LayerCase = { family: 'affine', context: 50, lipschitz: 1, noise: 0.3, attendQuery: false };
const steep: LayerCase = { ...short, lipschitz: 2 };
const few: readonly LayerCase[] = [short, steep, { ...steep, attendQuery: true }];
const more: readonly LayerCase[] = [
  ...few,
  { ...short, attendQuery: true },
  { ...short, noise: 0.6 },
  { ...short, family: 'relu' },
];
const middle: LayerCase = { ...short, context: 200 };

/** Does an unrestricted attention layer find the unit of the theory? */
export const rawLayer = defineExperiment<RawLayerSettings>({
  id: 'raw-layer',
  paper: 'icl-attention',
  title: 'Does an unrestricted attention layer become that unit?',
  summary:
    'One head over tokens (x, y) with free key, query and value matrices, which may look at labels and output anything linear in ' +
    'a token, is trained, with and without the query among the tokens attended to, on affine and ReLU tasks of several Lipschitz constants and noises. Its key and ' +
    'query matrices are multiplied out and compared with w I, and its loss with that of the restricted unit.',
  data: ['drawn here: affine and ReLU tasks on the unit sphere'],
  scales: {
    tour: { training: { steps: 300, batch: 32, queries: 4 }, cases: few },
    quick: { training: { steps: 500, batch: 64, queries: 8 }, cases: more },
    full: {
      training: { steps: 2000, batch: 128, queries: 8 },
      cases: [...more, middle, { ...middle, attendQuery: true }, { ...middle, family: 'relu' }],
    },
  },
  async run({ settings: { training, cases }, key, signal, progress }) {
    await engine();
    const trained: Trained[] = [];
    for (const [at, each] of cases.entries())
      trained.push(
        await trainLayer(each, {
          training,
          key: foldIn(key, at),
          signal,
          onStep: (share) => progress((at + share) / cases.length, labelOf(each)),
        }),
      );
    return {
      claims: claimsOf(trained),
      tables: [
        {
          id: 'layers',
          title: 'Trained layers',
          columns: [
            'tasks',
            'n L^2 / sigma^2',
            'correlation with I',
            'w',
            'theory',
            'loss',
            'loss of the unit',
          ],
          rows: trained.map((each) => [
            labelOf(each),
            Number(signalToNoise(each).toPrecision(4)),
            Number(each.likeness.toFixed(4)),
            Number(each.window.toFixed(2)),
            Number(each.best.window.toFixed(2)),
            Number(each.loss.toFixed(5)),
            Number(each.best.loss.toFixed(5)),
          ]),
        },
        {
          id: 'product',
          title: `W_K^T W_Q, ${labelOf(trained[0]!)}`,
          columns: ['', 'x1', 'x2', 'x3', 'y'],
          rows: ['x1', 'x2', 'x3', 'y'].map((name, i) => [
            name,
            ...Array.from(trained[0]!.product.subarray(4 * i, 4 * i + 4), (each) => Number(each.toFixed(3))),
          ]),
        },
      ],
      figures: [
        lineFigure({
          id: 'raw-layer-loss',
          title: 'Loss of the unrestricted layer over that of the unit',
          caption: 'Means over 20 steps of training, over the least loss of the restricted unit in theory.',
          series: trained.map((each) => ({
            name: labelOf(each),
            ...smoothed(each.losses.map((loss) => loss / each.best.loss)),
          })),
          x: { title: 'steps' },
          y: { title: 'relative error', scale: 'log' },
        }),
      ],
    };
  },
});

const labelOf = ({ family, context, lipschitz, noise, attendQuery }: LayerCase): string =>
  `${family}, n ${context}, L ${lipschitz}, noise ${noise}${attendQuery ? ', query attended' : ''}`;

async function trainLayer(
  own: LayerCase,
  {
    training,
    key,
    signal,
    onStep,
  }: { training: TrainingScale; key: Key; signal: AbortSignal; onStep: (share: number) => void },
): Promise<Trained> {
  const family = families[own.family](own);
  const { steps } = training;
  const draw = (batch: number, drawKey: Key): LayerBatch =>
    promptTensors(
      drawPrompts(drawKey, { ...own, ...training, batch, family, covariates: sphere(dimension) }),
    );
  const start = tidyTree(() => firstLayer(foldIn(key, 0)));
  const { params, optimizerState, losses } = await fit<Layer, LayerBatch>({
    params: start,
    optimizer: adam({ learningRate: cosineDecay({ from: 0.05, to: 0.0025, steps }) }),
    loss: (layer, prompts) => layerLoss(layer, prompts, own),
    batches: (_, stepKey) => draw(training.batch, stepKey),
    steps,
    key: foldIn(key, 1),
    signal,
    onStep: ({ step }) => onStep(step / steps),
  }).finally(() => disposeTree(start));
  try {
    const test = draw(2000, foldIn(key, 2));
    const value = tf.tidy(() => layerLoss(params, test, own));
    const whole: Tensor = tf.matMul(params.keys, params.queries, true);
    const [loss = NaN] = await value.data();
    const product = (await fromTensor(whole)).data as Float32Array;
    disposeTree([test, value, whole]);
    const matrix = corner(product);
    const { window } = inspectMatrix(matrix);
    const likeness = (window * Math.sqrt(dimension)) / Math.hypot(...matrix.data);
    const best = optimalWindow(spectrumOf(family, { dimension }), own);
    return { ...own, product, window, likeness, loss, best, losses };
  } finally {
    disposeTree({ params, optimizerState });
  }
}

function claimsOf(trained: readonly Trained[]): Claim[] {
  const list = (of: readonly Trained[], value: (each: Trained) => string): string =>
    of.map((each) => `${labelOf(each)}: ${value(each)}`).join('; ');
  const alone = trained.filter(({ attendQuery }) => !attendQuery);
  const pairs = trained.flatMap((attended) => {
    const without = alone.find((each) => labelOf({ ...each, attendQuery: true }) === labelOf(attended));
    return attended.attendQuery && without ? [{ attended, without }] : [];
  });
  const affine = alone
    .filter(({ family, context }) => family === 'affine' && context === 50)
    .sort((a, b) => signalToNoise(a) - signalToNoise(b));
  const windows = affine.map(({ window }) => window);
  const slope = logLogSlope(affine.map(signalToNoise), windows);
  const exponent = windowExponent({ dimension, smoothness: 'smooth' });
  return [
    claim({
      id: 'becomes-the-unit',
      statement:
        'The product of the trained key and query matrices is close to a multiple of the identity, of the window of the theory',
      paper: 'the analysed unit stands for a trained attention layer (setting)',
      measured: list(
        alone,
        ({ likeness, window, best }) =>
          `correlation with I ${likeness.toFixed(3)}, w ${window.toFixed(2)} (theory ${best.window.toFixed(2)})`,
      ),
      criterion:
        'without the query among the tokens, correlation at least 0.95, w within 25 % of the theory, in every case',
      holds: alone.every(
        ({ likeness, window, best }) => likeness >= 0.95 && Math.abs(window / best.window - 1) <= 0.25,
      ),
    }),
    claim({
      id: 'adapts-as-the-unit',
      statement: 'The window of the free layer follows n L^2 / sigma^2 with the exponent of the unit',
      paper: 'window scaling is proved for the unit alone',
      measured: `log-log slope ${slope.toFixed(3)} over affine tasks, unit ${exponent.toFixed(3)}`,
      criterion: 'w grows from each ratio to the next, with the exponent of the unit +- 0.08',
      holds:
        windows.every((each, i) => i === 0 || each > windows[i - 1]!) && Math.abs(slope - exponent) <= 0.08,
    }),
    claim({
      id: 'no-better-than-the-unit',
      statement: 'What is left out of the unit (labels in keys, other outputs) brings little',
      paper: 'not reported',
      measured: list(
        alone,
        ({ loss, best }) => `loss ${loss.toFixed(4)} (unit, in theory, ${best.loss.toFixed(4)})`,
      ),
      criterion: 'without the query among the tokens, loss within 25 % of the restricted unit in every case',
      holds: alone.every(({ loss, best }) => Math.abs(loss / best.loss - 1) <= 0.25),
    }),
    claim({
      id: 'attending-to-the-query-costs',
      statement:
        'A layer that attends to its query too still has a multiple of the identity, but a wider window and a greater error: the ' +
        'query takes 2w / (n + 2w) of the attention and its label is unknown',
      paper: 'not reported; the analysed unit attends to the context alone',
      measured: pairs
        .map(
          ({ attended, without }) =>
            `${labelOf(without)}: correlation with I ${attended.likeness.toFixed(3)}, w ${attended.window.toFixed(2)} (${without.window.toFixed(2)} without), loss ${attended.loss.toFixed(4)} (${without.loss.toFixed(4)})`,
        )
        .join('; '),
      criterion:
        'correlation at least 0.95, w smaller and loss greater than without the query, in every case',
      holds: pairs.every(
        ({ attended, without }) =>
          attended.likeness >= 0.95 && attended.window < without.window && attended.loss > without.loss,
      ),
    }),
  ];
}

function smoothed(losses: readonly number[]): { x: number[]; y: number[] } {
  const groups = Array.from({ length: Math.floor(losses.length / 20) }, (_, i) =>
    losses.slice(20 * i, 20 * i + 20),
  );
  return { x: groups.map((_, i) => 20 * i + 10), y: groups.map((each) => each.reduce((a, b) => a + b) / 20) };
}
