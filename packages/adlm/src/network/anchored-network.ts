import { tf, tidyTree, type Key, type Tensor } from '@lab/tensor-core';
import { foldIn } from '@lab/tensor-core/random';
import {
  tokenTransformer,
  transformerSize,
  type KeyValues,
  type TokenTransformer,
  type TokenTransformerOptions,
  type TokenTransformerParams,
  type TransformerInputs,
} from '@lab/diffusion-core/discrete';
import { headAndUptake } from './head-and-uptake';

export interface AnchoredNetworkOptions extends Omit<TokenTransformerOptions, 'input'> {
  /** Blocks of the second network. @default half of `blocks`, rounded down */
  readonly denoiserBlocks?: number;
  /** What the second network is given of the anchor logits. @default 'logits', as in the official release */
  readonly projection?: 'logits' | 'logProbabilities' | 'probabilities';
}

export interface AnchoredParams {
  readonly anchor: TokenTransformerParams;
  readonly denoiser: TokenTransformerParams;
}

/** Raw logits of both networks. */
export interface AnchoredStages {
  readonly anchorLogits: Tensor;
  readonly logits: Tensor;
}

/** Two networks one after the other; the second sees nothing but the first one's logits. */
export interface AnchoredNetwork {
  readonly options: AnchoredNetworkOptions;
  readonly anchor: TokenTransformer;
  readonly denoiser: TokenTransformer;
  /** The number of trained values. */
  readonly size: number;
  init(key: Key): AnchoredParams;
  /** Raw logits [B, L, vocabSize] of the anchor network, the mask's column among them; of K asked places [K, 1, vocabSize]. */
  anchorLogits(params: AnchoredParams, tokens: Tensor, inputs?: TransformerInputs): Tensor;
  /** Raw logits of the second network from those of the first; of K asked places [K, 1, vocabSize]. */
  denoise(params: AnchoredParams, anchorLogits: Tensor, inputs?: TransformerInputs): Tensor;
  /** Both: tokens [B, L] to logits [B, L, vocabSize]; of K asked places [K, 1, vocabSize]. */
  apply(params: AnchoredParams, tokens: Tensor, inputs?: TransformerInputs): Tensor;
  /** What `apply` gives, beside the anchor logits of all places, [B, L, vocabSize]. */
  stages(params: AnchoredParams, tokens: Tensor, inputs?: TransformerInputs): AnchoredStages;
  /** Both at one place of a causal network, [B, 1]; a cache for each of the two. */
  step(
    params: AnchoredParams,
    tokens: Tensor,
    given: { readonly cache: readonly (readonly KeyValues[])[]; readonly place: Tensor },
  ): { readonly logits: Tensor; readonly cache: readonly (readonly KeyValues[])[] };
}

/**
 * The two-stage network of section 4: an anchor network from tokens to logits, and a lighter one that makes the prediction
 * from those logits alone, taken up by a linear layer instead of an embedding. With `causal` it is that of A2R.
 *
 * @example
 * const network = anchoredNetwork({ vocabSize: 50_258, width: 768, heads: 12, blocks: 12 });
 * network.size; // 293,189,028
 */
export function anchoredNetwork(options: AnchoredNetworkOptions): AnchoredNetwork {
  const { denoiserBlocks = Math.floor(options.blocks / 2), projection = 'logits', ...shared } = options;
  const first: TokenTransformerOptions = { ...shared, input: 'tokens' };
  const second: TokenTransformerOptions = { ...shared, blocks: denoiserBlocks, input: 'rows' };
  const anchor = tokenTransformer(first);
  const denoiser = tokenTransformer(second);
  const projected = (logits: Tensor): Tensor => {
    if (projection === 'logits') return logits;
    return projection === 'probabilities' ? tf.softmax(logits) : tf.logSoftmax(logits);
  };
  const narrow = tokenTransformer({ ...second, rowSize: options.width });
  const later = ({ dropoutKey, replacement: _, ...rest }: TransformerInputs): TransformerInputs => ({
    ...rest,
    ...(dropoutKey && { dropoutKey: foldIn(dropoutKey, 1000) }),
  });
  /** The second network's logits from what the first one's head sees; that head's logits are made where they are needed. */
  const fromFeatures = (
    params: AnchoredParams,
    features: Tensor,
    { anchorLogits, inputs }: { anchorLogits: () => Tensor; inputs: TransformerInputs },
  ): Tensor => {
    const map = projection === 'logits' ? headAndUptake(params, features.size / options.width) : undefined;
    return map
      ? narrow.apply({ ...params.denoiser, input: map }, features, later(inputs))
      : network.denoise(params, anchorLogits(), inputs);
  };
  // The second network sees all places, whichever are asked for.
  const anchorFeatures = (params: AnchoredParams, tokens: Tensor, inputs: TransformerInputs): Tensor =>
    anchor.features(params.anchor, tokens, { ...inputs, asked: undefined });
  const network: AnchoredNetwork = {
    options,
    anchor,
    denoiser,
    size: transformerSize(first) + transformerSize(second),
    init: (key) => ({ anchor: anchor.init(foldIn(key, 0)), denoiser: denoiser.init(foldIn(key, 1)) }),
    anchorLogits: (params, tokens, inputs) => anchor.apply(params.anchor, tokens, inputs),
    denoise: (params, logits, inputs = {}) =>
      tf.tidy(() => denoiser.apply(params.denoiser, projected(logits), later(inputs))),
    apply: (params, tokens, inputs = {}) =>
      tf.tidy(() => {
        const features = anchorFeatures(params, tokens, inputs);
        const anchorLogits = (): Tensor => anchor.head(params.anchor, features);
        return fromFeatures(params, features, { anchorLogits, inputs });
      }),
    stages: (params, tokens, inputs = {}) =>
      tidyTree(() => {
        const features = anchorFeatures(params, tokens, inputs);
        const anchorLogits = anchor.head(params.anchor, features);
        return {
          anchorLogits,
          logits: fromFeatures(params, features, { anchorLogits: () => anchorLogits, inputs }),
        };
      }),
    step: (params, tokens, { cache: [own = [], next = []], place }) =>
      tidyTree(() => {
        const seen = anchor.step(params.anchor, tokens, { cache: own, place });
        const last = denoiser.step(params.denoiser, projected(seen.logits), { cache: next, place });
        return { logits: last.logits, cache: [seen.cache, last.cache] };
      }),
  };
  return network;
}
