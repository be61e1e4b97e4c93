import { tf, type ExecutionChoice, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { networkRunner, type TokenTransformerParams } from '@lab/diffusion-core/discrete';
import type { ReasoningExample } from './example';
import { thoughtMasks, type Reasoner } from './reasoner';

export interface DecodeOptions {
  /** Ends an answer. */
  readonly endOfText: number;
  /** @default 64 */
  readonly maxTokens?: number;
  readonly signal?: AbortSignal | undefined;
  readonly engine?: ExecutionChoice | undefined;
}

/**
 * The likeliest continuation of each prompt, token by token, without the end of the text. Prompts are the first
 * `promptLength` ids of examples; those of one call are computed together.
 *
 * @returns for each prompt the ids that the model wrote
 */
export async function decodeReasoning(
  model: Reasoner,
  params: TokenTransformerParams,
  {
    prompts,
    endOfText,
    maxTokens = 64,
    signal,
    engine,
  }: DecodeOptions & {
    readonly prompts: readonly Pick<ReasoningExample, 'ids' | 'promptLength' | 'thoughtPlaces'>[];
  },
): Promise<number[][]> {
  if (prompts.length === 0) return [];
  const places = Math.max(...prompts.map(({ promptLength }) => promptLength)) + maxTokens;
  const ids = new Int32Array(prompts.length * places).fill(endOfText);
  prompts.forEach(({ ids: own, promptLength }, row) => ids.set(own.subarray(0, promptLength), row * places));
  const ends = prompts.map(({ promptLength }) => promptLength);
  const isDone = new Array<boolean>(prompts.length).fill(false);
  const thoughts = thoughtMasks(prompts, places);
  interface Given {
    readonly thoughts: Tensor;
    readonly at: Tensor;
  }
  const runner = networkRunner<TokenTransformerParams, Given>({
    apply(weights, inputs, _, given) {
      const logits = model.nextLogits(weights, inputs, given!.thoughts);
      // A row of 0 and 1 chooses the place, as gathering one place of each row does not compile.
      const chosen = tf.sum(tf.mul(logits, tf.expandDims(given!.at, -1)), 1);
      return tf.argMax(chosen, -1);
    },
  });
  try {
    for (let step = 0; step < maxTokens && isDone.includes(false); step++) {
      if (signal?.aborted)
        throw new LabError('aborted', "decoding was aborted by the caller's signal", {
          cause: signal.reason,
        });
      const x = tf.tensor2d(ids, [prompts.length, places], 'int32');
      const at = tf.tidy(() => {
        const last = tf.tensor1d(
          ends.map((end) => end - 1),
          'int32',
        );
        return tf.cast(tf.oneHot(last, places), 'float32');
      });
      const next = runner.call(
        { params, x, t: 0, condition: { thoughts, at } },
        { engine, calls: maxTokens },
      );
      const chosen = await next.data();
      tf.dispose([x, at, next]);
      for (let row = 0; row < prompts.length; row++) {
        if (isDone[row]) continue;
        const id = chosen[row]!;
        if (id === endOfText) isDone[row] = true;
        else ids[row * places + ends[row]!++] = id;
      }
    }
  } finally {
    runner.dispose();
    thoughts.dispose();
  }
  return prompts.map(({ promptLength }, row) =>
    Array.from(ids.subarray(row * places + promptLength, row * places + ends[row]!)),
  );
}
