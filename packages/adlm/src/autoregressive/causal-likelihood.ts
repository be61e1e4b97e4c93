import { tf, type Tensor } from '@lab/tensor-core';
import {
  assertClean,
  crossEntropy,
  networkRunner,
  withoutMask,
  type Nelbo,
  type NelboOptions,
  type TokenArray,
} from '@lab/diffusion-core/discrete';
import { atTargets, shifted, type Start } from './causal-batch';

export interface CausalNetwork<Params> extends Start {
  readonly vocabSize: number;
  readonly maskId: number;
  /** Logits [B, N, vocabSize] of the token after each input. */
  apply(params: Params, inputs: Tensor): Tensor;
}

/** The exact likelihood of an autoregressive model: the sum of its cross-entropies. Draws nothing. */
export async function causalLikelihood<Params>(
  network: CausalNetwork<Params>,
  params: Params,
  { tokens, options }: { readonly tokens: TokenArray; readonly options: NelboOptions },
): Promise<Nelbo> {
  assertClean(tokens, network);
  const { batchSize = 16, mask } = options;
  const { batch, places, inputs, targets } = shifted(tokens, network);
  const counts = atTargets(tokens, { ...network, mask });
  const runner = networkRunner<Params, Tensor>({
    apply: (weights, x, _, next) =>
      crossEntropy(withoutMask(network.apply(weights, x), network.maskId), next!),
  });
  const perSequence = new Float64Array(batch);
  const counted = new Float64Array(batch);
  let modelCalls = 0;
  try {
    for (let first = 0; first < batch; first += batchSize) {
      const rows = Math.min(batchSize, batch - first);
      const part = (data: Int32Array): Tensor =>
        tf.tensor2d(data.slice(first * places, (first + rows) * places), [rows, places], 'int32');
      const [x, condition] = [part(inputs), part(targets)];
      const losses = runner.call(
        { params, x, t: 0, condition },
        { engine: options.engine, calls: batch / batchSize },
      );
      const values = await losses.data();
      tf.dispose([x, condition, losses]);
      modelCalls += 1;
      for (let i = 0; i < values.length; i++) {
        const sequence = first + Math.floor(i / places);
        if ((counts?.[first * places + i] ?? 1) === 0) continue;
        perSequence[sequence]! += values[i]!;
        counted[sequence]! += 1;
      }
    }
  } finally {
    runner.dispose();
  }
  return likelihoodSummary(perSequence, { counted, modelCalls });
}

/** Sums to the numbers of a likelihood. */
export function likelihoodSummary(
  perSequence: Float64Array,
  { counted, modelCalls }: { readonly counted: Float64Array; readonly modelCalls: number },
): Nelbo {
  const tokens = counted.reduce((sum, each) => sum + each, 0);
  const batch = perSequence.length;
  const nllPerToken = perSequence.reduce((sum, each) => sum + each, 0) / tokens;
  const squares = perSequence.reduce(
    (sum, each, i) => sum + (((each - nllPerToken * counted[i]!) * batch) / tokens) ** 2,
    0,
  );
  return {
    nllPerToken,
    perplexity: Math.exp(nllPerToken),
    bitsPerToken: nllPerToken / Math.LN2,
    standardError: batch < 2 ? Number.NaN : Math.sqrt(squares / (batch - 1) / batch),
    tokens,
    perSequence,
    modelCalls,
  };
}
