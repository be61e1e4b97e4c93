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
  /** Prompts that are computed together. @default 64 */
  readonly batchSize?: number;
  readonly signal?: AbortSignal | undefined;
  readonly engine?: ExecutionChoice | undefined;
}

type Prompt = Pick<ReasoningExample, 'ids' | 'promptLength' | 'thoughtPlaces'>;

interface Given {
  readonly thoughts: Tensor;
  /** 1 at the last place of each text so far, [B, N]. */
  readonly at: Tensor;
}

/**
 * The likeliest continuation of each prompt, token by token, without the end of the text. Prompts are the first
 * `promptLength` ids of examples.
 *
 * @returns for each prompt the ids that the model wrote
 * @throws LabError `aborted`
 */
export async function decodeReasoning(
  model: Reasoner,
  params: TokenTransformerParams,
  {
    prompts,
    endOfText,
    maxTokens = 64,
    batchSize = 64,
    signal,
    engine,
  }: DecodeOptions & { readonly prompts: readonly Prompt[] },
): Promise<number[][]> {
  const places = Math.max(0, ...prompts.map(({ promptLength }) => promptLength)) + maxTokens;
  const runner = networkRunner<TokenTransformerParams, Given>({
    apply(weights, inputs, _, given) {
      const logits = model.nextLogits(weights, inputs, given!.thoughts);
      // A row of 0 and 1 chooses the place, as gathering one place of each row does not compile.
      const chosen = tf.sum(tf.mul(logits, tf.expandDims(given!.at, -1)), 1);
      return tf.argMax(chosen, -1);
    },
  });
  const calls = maxTokens * Math.ceil(prompts.length / batchSize);
  const next = (x: Tensor, condition: Given): Tensor =>
    runner.call({ params, x, t: 0, condition }, { engine, calls });
  const written: number[][] = [];
  try {
    for (let first = 0; first < prompts.length; first += batchSize)
      written.push(
        ...(await continued(prompts.slice(first, first + batchSize), next, {
          places,
          maxTokens,
          endOfText,
          signal,
        })),
      );
  } finally {
    runner.dispose();
  }
  return written;
}

async function continued(
  prompts: readonly Prompt[],
  next: (inputs: Tensor, given: Given) => Tensor,
  {
    places,
    maxTokens,
    endOfText,
    signal,
  }: Pick<DecodeOptions, 'endOfText' | 'signal'> & { readonly places: number; readonly maxTokens: number },
): Promise<number[][]> {
  const ids = new Int32Array(prompts.length * places).fill(endOfText);
  prompts.forEach(({ ids: own, promptLength }, row) => ids.set(own.subarray(0, promptLength), row * places));
  const ends = prompts.map(({ promptLength }) => promptLength);
  const isDone = new Array<boolean>(prompts.length).fill(false);
  const thoughts = thoughtMasks(prompts, places);
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
      const likeliest = next(x, { thoughts, at });
      const chosen = await likeliest.data();
      tf.dispose([x, at, likeliest]);
      for (let row = 0; row < prompts.length; row++) {
        if (isDone[row]) continue;
        const id = chosen[row]!;
        if (id === endOfText) isDone[row] = true;
        else ids[row * places + ends[row]!++] = id;
      }
    }
  } finally {
    thoughts.dispose();
  }
  return prompts.map(({ promptLength }, row) =>
    Array.from(ids.subarray(row * places + promptLength, row * places + ends[row]!)),
  );
}
