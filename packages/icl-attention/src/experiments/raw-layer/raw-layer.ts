import { claim, defineExperiment, lineFigure } from '@lab/experiment';
import {
  adam,
  cosineDecay,
  disposeTree,
  engine,
  fit,
  fromTensor,
  randomNormal,
  tf,
  tidyTree,
  type Tensor,
} from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, type Key } from '@lab/tensor-core/random';
import { inspectMatrix, promptTensors } from '../../pretrain';
import { affineTasks, drawPrompts, sphere } from '../../tasks';
import { optimalWindow, spectrumOf } from '../../theory';
import type { TrainingScale } from '../shared/training';

export interface RawLayerSettings {
  readonly training: TrainingScale;
}

interface Layer {
  /** W_K and W_Q [d + 1, d + 1], W_V [d + 1]: only the label row of the output is read. */
  readonly keys: Tensor;
  readonly queries: Tensor;
  readonly values: Tensor;
}

type Batch = ReturnType<typeof promptTensors>;

const dimension = 3;
const setting = { context: 50, noise: 0.3 };
const family = affineTasks({ lipschitz: 1 });

/** Does an unrestricted attention layer find the unit of the theory? */
export const rawLayer = defineExperiment<RawLayerSettings>({
  id: 'raw-layer',
  paper: 'icl-attention',
  title: 'Does an unrestricted attention layer become that unit?',
  summary:
    'One head over tokens (x, y) with free key, query and value matrices, which may look at labels, attends to the query as well ' +
    'and may output anything linear in a token, is trained on affine tasks. Its key and query matrices are multiplied out and compared ' +
    'with w I, and its loss with that of the restricted unit.',
  data: ['drawn here: affine tasks on the unit sphere'],
  scales: {
    tour: { training: { steps: 300, batch: 32, queries: 4 } },
    quick: { training: { steps: 600, batch: 64, queries: 8 } },
    full: { training: { steps: 3000, batch: 200, queries: 8 } },
  },
  async run({ settings: { training }, key, signal, progress }) {
    await engine();
    const { steps } = training;
    const draw = (batch: number, own: Key) =>
      promptTensors(
        drawPrompts(own, { ...setting, ...training, batch, family, covariates: sphere(dimension) }),
      );
    const start = tidyTree(() => firstLayer(foldIn(key, 0)));
    const fitted = await fit<Layer, Batch>({
      params: start,
      optimizer: adam({ learningRate: cosineDecay({ from: 0.05, to: 0.0025, steps }) }),
      loss,
      batches: (_, own) => draw(training.batch, own),
      steps,
      key: foldIn(key, 1),
      signal,
      onStep: ({ step }) => progress(step / steps, 'training'),
    }).finally(() => disposeTree(start));
    const { params, optimizerState, losses } = fitted;
    try {
      const test = draw(2000, foldIn(key, 2));
      const value = tf.tidy(() => loss(params, test));
      const product: Tensor = tf.matMul(params.keys, params.queries, true);
      const [found = NaN] = await value.data();
      const whole = await fromTensor(product);
      disposeTree([test, value, product]);
      const matrix = corner(whole.data as Float32Array);
      const best = optimalWindow(spectrumOf(family, { dimension }), setting);
      const { window } = inspectMatrix(matrix);
      const likeness = (window * Math.sqrt(dimension)) / Math.hypot(...matrix.data);
      return {
        claims: [
          claim({
            id: 'becomes-the-unit',
            statement:
              'The product of the trained key and query matrices is close to a multiple of the identity, of the window of the theory',
            paper: 'the analysed unit stands for a trained attention layer (setting)',
            measured: `correlation with I ${likeness.toFixed(3)}, w ${window.toFixed(2)}, theory ${best.window.toFixed(2)}`,
            criterion: 'correlation at least 0.95, w within 25 % of the theory',
            holds: likeness >= 0.95 && Math.abs(window / best.window - 1) <= 0.25,
          }),
          claim({
            id: 'no-better-than-the-unit',
            statement:
              'What is left out of the unit (labels in keys, the query token, other outputs) brings little',
            paper: 'not reported',
            measured: `loss ${found.toFixed(4)}, restricted unit in theory ${best.loss.toFixed(4)}`,
            criterion: 'loss within 25 % of the restricted unit',
            holds: Math.abs(found / best.loss - 1) <= 0.25,
          }),
        ],
        tables: [
          {
            id: 'product',
            title: 'W_K^T W_Q',
            columns: ['', 'x1', 'x2', 'x3', 'y'],
            rows: ['x1', 'x2', 'x3', 'y'].map((name, i) => [
              name,
              ...Array.from((whole.data as Float32Array).subarray(4 * i, 4 * i + 4), (each) =>
                Number(each.toFixed(3)),
              ),
            ]),
          },
        ],
        figures: [
          lineFigure({
            id: 'raw-layer-loss',
            title: 'Loss of the unrestricted layer',
            caption: 'Means over 20 steps of training, and the least loss of the restricted unit.',
            series: [
              { name: 'layer', ...smoothed(losses) },
              { name: 'restricted unit, theory', x: [1, steps], y: [best.loss, best.loss] },
            ],
            x: { title: 'steps' },
            y: { title: 'mean squared error', scale: 'log' },
          }),
        ],
      };
    } finally {
      disposeTree({ params, optimizerState });
    }
  },
});

/** Near the unit with w = 4, every entry free. */
function firstLayer(key: Key): Layer {
  const size = dimension + 1;
  const near = (which: number): Tensor =>
    tf.add(
      tf.mul(tf.eye(size), tf.tensor1d([2, 2, 2, 0])),
      tf.mul(randomNormal(foldIn(key, which), [size, size]), 0.1),
    );
  return {
    keys: near(0),
    queries: near(1),
    values: tf.add(tf.tensor1d([0, 0, 0, 1]), tf.mul(randomNormal(foldIn(key, 2), [size]), 0.1)),
  };
}

/** W_V Z softmax((W_K Z)^T W_Q z_q), the query token (x_q, 0) among the tokens attended to. */
function loss({ keys, queries, values }: Layer, { x, y, queries: asked, targets }: Batch): Tensor {
  const [batch, n] = x.shape as [number, number];
  const m = asked.shape[1]!;
  const flat = (points: Tensor, labels: Tensor): Tensor =>
    tf.reshape(tf.concat([points, tf.expandDims(labels, 2)], 2), [-1, dimension + 1]);
  const context = flat(x, y);
  const query = flat(asked, tf.zerosLike(targets));
  const times = (tokens: Tensor, matrix: Tensor, count: number): Tensor =>
    tf.reshape(tf.matMul(tokens, matrix, false, true), [batch, count, dimension + 1]);
  const turned = times(query, queries, m);
  const scores = tf.matMul(turned, times(context, keys, n), false, true);
  const own = tf.sum(tf.mul(turned, times(query, keys, m)), -1, true);
  const weights = tf.softmax(tf.concat([scores, own], -1));
  const valueOf = (tokens: Tensor, count: number): Tensor =>
    tf.reshape(tf.matMul(tokens, tf.expandDims(values, 1)), [batch, count, 1]);
  const averaged = tf.matMul(tf.slice(weights, [0, 0, 0], [batch, m, n]), valueOf(context, n));
  const kept = tf.mul(tf.slice(weights, [0, 0, n], [batch, m, 1]), valueOf(query, m));
  return tf.mean(tf.squaredDifference(tf.squeeze(tf.add(averaged, kept), [2]), targets));
}

/** The block of a 4 x 4 matrix that compares inputs with inputs. */
function corner(whole: Float32Array): Array64 {
  const data = new Float64Array(9);
  for (let i = 0; i < 9; i++) data[i] = whole[Math.floor(i / 3) * 4 + (i % 3)]!;
  return { shape: [3, 3], data };
}

function smoothed(losses: readonly number[]): { x: number[]; y: number[] } {
  const groups = Array.from({ length: Math.floor(losses.length / 20) }, (_, i) =>
    losses.slice(20 * i, 20 * i + 20),
  );
  return { x: groups.map((_, i) => 20 * i + 10), y: groups.map((each) => each.reduce((a, b) => a + b) / 20) };
}
