import { denoisingLoss, drawTimes, levelledBatch, type Prediction, type Schedule } from '@lab/diffusion-core';
import { adam, disposeTree, fit, lora, tf, type LoraAdapters, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, normal, type Key } from '@lab/tensor-core/random';

export interface TuneStyleOptions<Params, Condition> {
  /** Of the frozen network; they stay the caller's. */
  readonly params: Params;
  /** The reference image or images [n, ...], as the network sees images. */
  readonly images: Array64;
  readonly schedule: Schedule;
  readonly predicts: Prediction;
  /** Which weights get an adapter. @default queries, keys, values and outputs of attention */
  readonly targets?: RegExp;
  /** @default 4 */
  readonly rank?: number;
  /** @default 200 */
  readonly steps?: number;
  /** @default 8 */
  readonly batchSize?: number;
  /** Of Adam. @default 1e-3 */
  readonly learningRate?: number;
  /** What each of the images is asked for by, made anew for every batch from their numbers; freed after the step. */
  readonly condition?: (numbers: readonly number[]) => Condition;
  readonly key: Key;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((event: { readonly step: number; readonly steps: number }) => void) | undefined;
}

/**
 * What RB-Modulation does without: adapters of low rank tuned on the reference (StyleDrop, DreamBooth with LoRA), by the loss that
 * the network was trained with. `lora.apply(params, adapters)` are the parameters with that style.
 *
 * @returns the adapters, the caller's
 * @throws LabError `shape` for no images, `numeric` when the loss is not finite, `aborted`
 */
export async function tuneStyle<Params, Condition = unknown>(
  network: { apply(params: Params, x: Tensor, t: Tensor, condition?: Condition): Tensor },
  options: TuneStyleOptions<Params, Condition>,
): Promise<LoraAdapters> {
  const { params, images, schedule, predicts, key, signal, onStep, condition } = options;
  const { targets = /(query|key|value|output)\.weight$/, rank = 4, steps = 200, batchSize = 8 } = options;
  const [count = 0, ...shape] = images.shape;
  const size = shape.reduce((product, each) => product * each, 1);
  if (count === 0 || shape.length === 0 || images.data.length !== count * size)
    throw new LabError('shape', 'tuneStyle needs reference images [n, ...]', {
      argument: 'images',
      received: images.shape,
    });
  const level = { schedule, predicts };
  const first = lora.init(foldIn(key, 0), params, { targets, rank });
  try {
    const { params: adapters, optimizerState } = await fit({
      params: first,
      optimizer: adam({ learningRate: options.learningRate ?? 1e-3 }),
      steps,
      key: foldIn(key, 1),
      signal,
      onStep,
      batches: (step, from) => {
        const numbers = Array.from({ length: batchSize }, (_, i) => (step * batchSize + i) % count);
        const data = new Float32Array(batchSize * size);
        numbers.forEach((n, i) => data.set(images.data.subarray(n * size, (n + 1) * size), i * size));
        const drawn = normal(foldIn(from, 0), batchSize * size);
        return levelledBatch<Condition>(
          {
            x0: tf.tensor(data, [batchSize, ...shape]),
            noise: tf.tensor(drawn, [batchSize, ...shape]),
            t: drawTimes(foldIn(from, 1), batchSize),
            ...(condition && { condition: condition(numbers) }),
          },
          level,
        );
      },
      loss: (each, batch) => denoisingLoss(lora.apply(params, each), batch, { network, ...level }),
    });
    disposeTree(optimizerState);
    return adapters;
  } finally {
    disposeTree(first);
  }
}
