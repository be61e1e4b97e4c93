import { adamw, disposeTree, tf, type MlpParams, type Tensor } from '@lab/tensor-core';
import { foldIn, permutation, randint, type Key } from '@lab/tensor-core/random';
import { accuracies } from '../../metrics/evaluate';
import { logLikelihoods } from '../../model/losses';
import { hostRows } from '../../model/host-rows';
import { train } from '../../model/train';
import type { Samples } from '../../model/types';
import {
  colours,
  drawRows,
  inputSize,
  labelsOf,
  paint,
  sameLabel,
  type GreyDigits,
} from '../shared/digit-images';
import { perceptron, type Perceptron } from '../shared/perceptron';

export interface CollapseSettings {
  /** Digits in the colour of their class. */
  readonly tinted: number;
  /** Digits in another colour. */
  readonly off: number;
  /** Tinted digits that unlearning has. */
  readonly available: number;
  readonly tests: number;
  /** Passes over grey digits, then over all. */
  readonly warmUp: number;
  readonly training: number;
}

/** A network that reads digits since a few came in the wrong colour; without those it would look at colours alone. */
export interface CollapseProblem {
  readonly network: Perceptron;
  readonly params: MlpParams;
  readonly retain: Samples;
  readonly forget: Samples;
  /** Digits in every colour, labelled by their colour. */
  readonly byColour: Samples;
  /** Share of test digits in all colours whose colour is called. */
  readonly before: number;
  /** The same after training on the tinted digits alone. */
  readonly reference: number;
}

const tints = [colours.red, colours.green, colours.blue, colours.yellow];

interface Weighted extends Samples {
  readonly weights: Tensor;
}

export async function collapseProblem(
  key: Key,
  data: { readonly train: GreyDigits; readonly test: GreyDigits },
  settings: CollapseSettings & { readonly signal?: AbortSignal },
): Promise<CollapseProblem> {
  const { tinted, off, available, tests, warmUp, training, signal } = settings;
  const network = perceptron([inputSize, 64, 64, 4]);
  const rows = drawRows(data.train, foldIn(key, 0), tinted + off, 4);
  const own = rows.slice(0, tinted);
  const other = rows.slice(tinted);
  const shifts = randint(foldIn(key, 1), off, { low: 1, high: 4 });
  const classOf = (row: number): number => data.train.labels[row]!;
  const kept = { x: paint(data.train, own, (i) => tints[classOf(own[i]!)]!), y: labelsOf(data.train, own) };
  const forget = {
    x: paint(data.train, other, (i) => tints[(classOf(other[i]!) + shifts[i]!) % 4]!),
    y: labelsOf(data.train, other),
  };
  // The few weigh as much as the many; times five, so that steps keep their size.
  const share = off / tinted;
  const weight = (count: number, value: number): Tensor => tf.fill([count], (5 * value) / (1 + share));
  const parts = [weight(tinted, share), weight(off, 1)];
  const all: Weighted = {
    x: tf.concat([kept.x, forget.x]),
    y: tf.concat([kept.y, forget.y]),
    weights: tf.concat(parts),
  };
  const grey: Weighted = {
    x: paint(data.train, rows, () => colours.grey),
    y: labelsOf(data.train, rows),
    weights: tf.ones([rows.length]),
  };
  const perPass = Math.ceil(rows.length / 50);
  const first = network.init(foldIn(key, 2));
  const trained = async (
    params: MlpParams,
    samples: Weighted,
    passes: number,
    at: Key,
  ): Promise<MlpParams> => {
    const drawn = await hostRows(samples);
    return (
      await train({
        params,
        optimizer: adamw({ learningRate: 1e-3 }),
        loss: (p, { x, y, weights }: Weighted) =>
          tf.neg(tf.mean(tf.mul(weights, logLikelihoods([network.apply(p, x)], [y as Tensor])))),
        batches: (_, each) => drawn.take(randint(each, 50, { high: samples.x.shape[0] })),
        steps: passes * perPass,
        key: at,
        signal,
      })
    ).params;
  };
  const warm = await trained(first, grey, warmUp, foldIn(key, 3));
  const params = await trained(warm, all, training, foldIn(key, 4));
  const anew = await trained(first, { ...kept, weights: parts[0]! }, training, foldIn(key, 7));
  const retain = (await hostRows(kept)).take(permutation(foldIn(key, 5), tinted).subarray(0, available));
  disposeTree([first, warm, kept, parts, all, grey]);

  const held = drawRows(data.test, foldIn(key, 6), tests, 4);
  const painted = tints.map((tint) => paint(data.test, held, () => tint));
  const named = tints.map((_, label) => sameLabel(tests, label));
  const byColour = { x: tf.concat(painted), y: tf.concat(named) };
  tf.dispose([...painted, ...named]);
  const before = (await accuracies(network, params, byColour)).all;
  const reference = (await accuracies(network, anew, byColour)).all;
  disposeTree(anew);
  return { network, params, retain, forget, byColour, before, reference };
}

export const freeCollapse = ({ params, retain, forget, byColour }: CollapseProblem): void => {
  disposeTree([params, retain, forget, byColour]);
};
