import { drawTimes, levelledBatch, type Prediction, type Schedule } from '@lab/diffusion-core';
import {
  adam,
  disposeTree,
  fit,
  lora,
  tf,
  tidyTree,
  treeSelect,
  treeUpdate,
  type LoraAdapters,
  type Tensor,
  type Tree,
} from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, normal, type Key } from '@lab/tensor-core/random';

export interface MergedReference<Condition> {
  readonly adapters: LoraAdapters;
  /** The images [n, ...] that they were tuned on. */
  readonly images: Array64;
  /** What those are asked for by, for a batch of `count`, made anew; freed after the step. */
  readonly condition?: (count: number) => Condition;
}

export interface MergeAdaptersOptions<Params, Condition> {
  /** Of the frozen network; they stay the caller's. */
  readonly params: Params;
  readonly content: MergedReference<Condition>;
  readonly style: MergedReference<Condition>;
  readonly schedule: Schedule;
  readonly predicts: Prediction;
  /** Weight of the overlap of both changes. @default 0.01 */
  readonly overlap?: number;
  /** @default 100 */
  readonly steps?: number;
  /** @default 4 */
  readonly batchSize?: number;
  /** Of Adam. @default 0.01 */
  readonly learningRate?: number;
  readonly key: Key;
  readonly signal?: AbortSignal | undefined;
}

/**
 * ZipLoRA (Shah et al. 2023, eq. 5): merges two sets of adapters by a factor for each column of each change, so that on the content's
 * images the network predicts what the content's adapters make it predict, on the style's what the style's do, and columns are
 * shared as little as possible.
 *
 * @returns the parameters of the network with both; its adapted weights are new and the caller's, the other leaves are those of
 *   `params`
 * @throws LabError `shape` unless both sets adapt the same weights
 */
export async function mergeAdapters<Params, Condition = unknown>(
  network: { apply(params: Params, x: Tensor, t: Tensor, condition?: Condition): Tensor },
  options: MergeAdaptersOptions<Params, Condition>,
): Promise<Params> {
  const { params, content, style, schedule, predicts, key, signal } = options;
  const { overlap = 0.01, steps = 100, batchSize = 4, learningRate = 0.01 } = options;
  const changes = [content, style].map(({ adapters }) => lora.changes(params, adapters));
  const [ofContent, ofStyle] = changes as [Record<string, Tensor>, Record<string, Tensor>];
  const paths = Object.keys(ofContent);
  const ones = (): Tensor[] => paths.map((path) => tf.ones([ofContent[path]!.shape.at(-1)!]));
  const first = { content: ones(), style: ones() };
  const weights = treeSelect<Tensor>(params as Tree<Tensor>);
  const merged = (factors: typeof first): Params =>
    treeUpdate(
      params,
      Object.fromEntries(
        paths.map((path, i) => [
          path,
          tf.add(
            tf.add(weights[path]!, tf.mul(ofContent[path]!, factors.content[i]!)),
            tf.mul(ofStyle[path]!, factors.style[i]!),
          ),
        ]),
      ),
    );
  const batchOf = ({ images, condition }: MergedReference<Condition>, from: Key) => {
    const [count = 0, ...shape] = images.shape;
    const size = images.data.length / count;
    const data = new Float32Array(batchSize * size);
    for (let i = 0; i < batchSize; i++)
      data.set(images.data.subarray((i % count) * size, ((i % count) + 1) * size), i * size);
    const noise = tf.tensor(normal(foldIn(from, 0), batchSize * size), [batchSize, ...shape]);
    const clean = {
      x0: tf.tensor(data, [batchSize, ...shape]),
      noise,
      t: drawTimes(foldIn(from, 1), batchSize),
    };
    const given = condition && { condition: condition(batchSize) };
    const { x0, alpha, sigma, time } = levelledBatch<Condition>(
      { ...clean, ...given },
      { schedule, predicts },
    );
    return { x: tf.add(tf.mul(alpha, x0), tf.mul(sigma, noise)), time, ...given };
  };
  try {
    if (Object.keys(ofStyle).join() !== paths.join())
      throw new LabError('shape', 'mergeAdapters: both sets adapt the same weights', {
        argument: 'style.adapters',
        expected: paths.slice(0, 8),
        received: Object.keys(ofStyle).slice(0, 8),
      });
    const { params: factors, optimizerState } = await fit({
      params: first,
      optimizer: adam({ learningRate }),
      steps,
      key: foldIn(key, 0),
      signal,
      batches: (_, from) => ({
        content: batchOf(content, foldIn(from, 0)),
        style: batchOf(style, foldIn(from, 1)),
      }),
      loss: (each, batch) => {
        const both = merged(each);
        const kept = (which: 'content' | 'style', { adapters }: MergedReference<Condition>): Tensor => {
          const { x, time, condition } = batch[which];
          const wanted = network.apply(lora.apply(params, adapters), x, time, condition);
          return tf.mean(tf.square(tf.sub(network.apply(both, x, time, condition), wanted)));
        };
        const shared = each.content.map((factor, i) => tf.mean(tf.abs(tf.mul(factor, each.style[i]!))));
        const overlapping = shared.reduce((sum, one) => tf.add(sum, one));
        return tf.add(tf.add(kept('content', content), kept('style', style)), tf.mul(overlapping, overlap));
      },
    });
    disposeTree(optimizerState);
    try {
      // Only the adapted weights are new: `treeUpdate` shares the others.
      const own = tidyTree(() => {
        const updated = treeSelect<Tensor>(merged(factors) as Tree<Tensor>);
        return Object.fromEntries(paths.map((path) => [path, updated[path]!]));
      });
      return treeUpdate(params, own);
    } finally {
      disposeTree(factors);
    }
  } finally {
    disposeTree(first);
    disposeTree(changes);
  }
}
