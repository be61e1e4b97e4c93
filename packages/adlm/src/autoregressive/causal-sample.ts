import { disposeTree, eventLoopBreather, tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn, uniform64 } from '@lab/tensor-core/random';
import {
  cleanProbabilities,
  drawToken,
  firstTokens,
  networkRunner,
  steered,
  type SampleTokensOptions,
  type SampleTokensResult,
  type TokenArray,
} from '@lab/diffusion-core/discrete';
import type { CausalCache, CausalNetwork, CausalStep } from './causal-likelihood';

/**
 * Draws sequences from left to right, one model call a token, which sees the keys and values of those before it, from
 * double-precision probabilities. With `init` the tokens
 * that are not masks are given; those right of a mask cannot be seen when it is filled.
 *
 * @throws LabError `argument` for options of diffusion samplers; `aborted`
 */
export async function causalSample<Params>(
  network: CausalNetwork<Params>,
  params: Params,
  options: SampleTokensOptions,
): Promise<SampleTokensResult> {
  const { vocabSize, maskId, start } = network;
  const { key, temperature = 1, signal, onStep } = options;
  if (options.solver || options.steps !== undefined || options.times)
    throw new LabError('argument', 'an autoregressive model makes a step a token, from left to right', {
      argument: 'solver | steps | times',
      hint: 'leave them out',
    });
  const tokens = firstTokens(network, options);
  const [batch, length] = tokens.shape as [number, number];
  if (start === 'first' && tokens.data.some((id, i) => i % length === 0 && id === maskId))
    throw new LabError('argument', 'this model was trained with the first token given', {
      argument: 'init',
      hint: 'give sequences whose first token is not a mask, such as the start of a text',
    });
  const runner = networkRunner<Params, { cache: CausalCache; place: Tensor }, CausalStep>({
    apply: (weights, x, _, before) => network.steps.step(weights, x, before!),
  });
  const inputs = start === 'first' ? length - 1 : length;
  let cache = network.steps.start(batch, Math.max(1, inputs));
  const begun = performance.now();
  const breathe = eventLoopBreather();
  const seconds = (): number => (performance.now() - begun) / 1000;
  const given = Uint8Array.from(tokens.data, (id) => (id === maskId ? 0 : 1));
  let modelCalls = 0;
  try {
    for (let place = 0; place < length; place++) {
      if (signal?.aborted)
        throw new LabError('aborted', "sampling was aborted by the caller's signal", {
          cause: signal.reason,
        });
      const open = Array.from({ length: batch }, (_, row) => row).filter(
        (row) => !given[row * length + place],
      );
      let logits = new Float32Array(0);
      // Before a first token that is given there is nothing to see.
      if (start !== 'first' || place > 0) {
        const x = tf.tensor2d(seenAt(tokens, place, start), [batch, 1], 'int32');
        const at = tf.tensor1d([start === 'first' ? place - 1 : place], 'int32');
        const condition = { cache, place: at };
        const result = runner.call({ params, x, t: 0, condition }, { engine: options.engine, calls: length });
        disposeTree(cache);
        cache = result.cache;
        if (open.length > 0) logits = (await result.logits.data()) as Float32Array<ArrayBuffer>;
        tf.dispose([x, at, result.logits]);
        modelCalls += 1;
      }
      for (const row of open) {
        const probabilities = cleanProbabilities(logits, {
          start: row * vocabSize,
          vocabSize,
          maskId,
          temperature,
          place: `sequence ${row}, place ${place}`,
        });
        const seen = tokens.data.subarray(row * length, (row + 1) * length);
        const at = { sequence: row, place, tokens: seen, maskId, t: 1 - place / length };
        const [uniform = 0] = uniform64(foldIn(foldIn(key, row), place), 1);
        tokens.data[row * length + place] = drawToken(steered(probabilities, at, options), uniform);
      }
      const [t, tNext] = [1 - place / length, 1 - (place + 1) / length];
      await onStep?.({
        index: place,
        steps: length,
        t,
        tNext,
        alpha: 1 - t,
        alphaNext: 1 - tNext,
        tokens,
        predictionOf: (row) => ({ prediction: { logits }, row }),
        modelCalls,
        seconds: seconds(),
      });
      await breathe();
    }
  } finally {
    disposeTree(cache);
    runner.dispose();
  }
  return {
    samples: tokens,
    modelCalls,
    sequencesPredicted: modelCalls * batch,
    steps: length,
    seconds: seconds(),
    filledLast: 0,
  };
}

/** The id before a place of each sequence, [B]. */
function seenAt({ shape, data }: TokenArray, place: number, start: number | 'first'): Int32Array {
  const [batch, length] = shape as [number, number];
  return Int32Array.from({ length: batch }, (_, row) =>
    place === 0 && start !== 'first' ? start : data[row * length + place - 1]!,
  );
}
