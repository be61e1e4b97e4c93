import { adamw, disposeTree, tf, type MlpParams, type Tensor } from '@lab/tensor-core';
import { foldIn, permutation, randint, type Key } from '@lab/tensor-core/random';
import { accuracies, predictOutputs } from '../../metrics/evaluate';
import { forgetError } from '../../metrics/scores';
import { crossEntropy } from '../../model/losses';
import { hostRows, type HostRows } from '../../model/host-rows';
import { train } from '../../model/train';
import type { Samples, UnlearnModel } from '../../model/types';
import {
  colours,
  drawRows,
  inputSize,
  labelsOf,
  paint,
  sameLabel,
  type Colour,
  type GreyDigits,
} from '../shared/digit-images';
import { perceptron } from '../shared/perceptron';

export interface ErasureSettings {
  /** Grey digits of the original training. */
  readonly grey: number;
  /** Red ones, and as many green ones. */
  readonly coloured: number;
  /** Grey digits that unlearning has. */
  readonly available: number;
  readonly tests: number;
  readonly training: number;
}

/** A network with two heads that knows digits and colours, and is to forget that there are colours. */
export interface ErasureProblem {
  readonly network: UnlearnModel<MlpParams>;
  readonly params: MlpParams;
  readonly retain: Samples;
  readonly forget: Samples;
  readonly test: { readonly grey: Samples; readonly all: Tensor };
  readonly before: ErasureScore;
  /** What the same training on all grey digits alone gives. */
  readonly reference: ErasureScore;
}

export interface ErasureScore {
  /** Share of grey test digits with digit and colour right. */
  readonly accuracy: number;
  /** Mean of (p_grey - 1)^2 over test digits in all three colours. */
  readonly error: number;
}

const shades: readonly Colour[] = [colours.grey, colours.red, colours.green];

/** One perceptron whose outputs are the ten digits and the three colours. */
function twoHeads(): UnlearnModel<MlpParams> {
  const network = perceptron([inputSize, 64, 32, 13]);
  return {
    init: (key) => network.init(key),
    apply(params, x) {
      const outputs = network.apply(params, x);
      return tf.split(outputs, [10, 3], 1);
    },
  };
}

const samplesIn = (digits: GreyDigits, rows: readonly number[], shade: number): Samples => ({
  x: paint(digits, rows, () => shades[shade]!),
  y: [labelsOf(digits, rows), sameLabel(rows.length, shade)],
});

const joined = (parts: readonly Samples[]): Samples => ({
  x: tf.concat(parts.map(({ x }) => x)),
  y: [0, 1].map((head) => tf.concat(parts.map(({ y }) => (y as readonly Tensor[])[head]!))),
});

export async function erasureProblem(
  key: Key,
  data: { readonly train: GreyDigits; readonly test: GreyDigits },
  settings: ErasureSettings & { readonly signal?: AbortSignal },
): Promise<ErasureProblem> {
  const { grey, coloured, available, tests, training, signal } = settings;
  const network = twoHeads();
  const rows = drawRows(data.train, foldIn(key, 0), grey + 2 * coloured);
  const parts = [
    samplesIn(data.train, rows.slice(0, grey), 0),
    samplesIn(data.train, rows.slice(grey, grey + coloured), 1),
    samplesIn(data.train, rows.slice(grey + coloured), 2),
  ];
  const all = joined(parts);
  const forget = joined(parts.slice(1));
  const [greyRows, allRows] = [await hostRows(parts[0]!), await hostRows(all)];
  const retain = greyRows.take(permutation(foldIn(key, 1), grey).subarray(0, available));
  const first = network.init!(foldIn(key, 2));
  const loss = crossEntropy(30);
  const trained = async (drawn: HostRows<Samples>, count: number, at: Key): Promise<MlpParams> => {
    const { params } = await train({
      params: first,
      optimizer: adamw({ learningRate: 1e-3 }),
      loss: (p, { x, y }: Samples) => loss(network.apply(p, x) as readonly Tensor[], y as readonly Tensor[]),
      batches: (_, each) => drawn.take(randint(each, 100, { high: count })),
      steps: training,
      key: at,
      signal,
    });
    return params;
  };
  const params = await trained(allRows, rows.length, foldIn(key, 3));
  const anew = await trained(greyRows, grey, foldIn(key, 5));
  disposeTree([first, parts, all]);
  const held = drawRows(data.test, foldIn(key, 4), tests);
  const colour = [0, 1, 2].map((shade) => paint(data.test, held, () => shades[shade]!));
  const test = { grey: samplesIn(data.test, held, 0), all: tf.concat(colour) };
  tf.dispose(colour);
  const problem = { network, params, retain, forget, test };
  const [before, reference] = [await erasureScore(problem, params), await erasureScore(problem, anew)];
  disposeTree(anew);
  return { ...problem, before, reference };
}

export async function erasureScore(
  { network, test }: Pick<ErasureProblem, 'network' | 'test'>,
  params: MlpParams,
): Promise<ErasureScore> {
  const { all: accuracy } = await accuracies(network, params, test.grey);
  const outputs = predictOutputs(network, params, test.all);
  const grey = tf.tidy(() => tf.squeeze(tf.slice(tf.softmax(outputs[1]!), [0, 0], [-1, 1]), [1]));
  const error = forgetError(await grey.data());
  tf.dispose([...outputs, grey]);
  return { accuracy, error };
}

export const freeErasure = ({ params, retain, forget, test }: ErasureProblem): void => {
  disposeTree([params, retain, forget, test]);
};
