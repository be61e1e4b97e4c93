import type { Key } from '@lab/tensor-core';
import {
  nelbo,
  networkTokenDenoiser,
  sampleTokens,
  type TokenDenoiser,
  type TokenNetwork,
} from '@lab/diffusion-core/discrete';
import type { MaskedLanguageModel } from './types';

export interface MaskedModelParts<Params, Batch> {
  readonly name: string;
  readonly vocabSize: number;
  readonly maskId: number;
  readonly maxLength?: number | undefined;
  readonly size: number;
  readonly network: TokenNetwork<Params> & { init(key: Key): Params };
  readonly batch: MaskedLanguageModel<Params, Batch>['batch'];
  readonly loss: MaskedLanguageModel<Params, Batch>['loss'];
}

/** What all masked models that are not told of the time have in common: the bound and the samplers. */
export function maskedModel<Params, Batch>({
  network,
  ...parts
}: MaskedModelParts<Params, Batch>): MaskedLanguageModel<Params, Batch> {
  const denoiser = (params: Params): TokenDenoiser => networkTokenDenoiser(network, params, parts);
  const using = async <Result>(
    params: Params,
    use: (own: TokenDenoiser) => Promise<Result>,
  ): Promise<Result> => {
    const own = denoiser(params);
    return use(own).finally(() => own.dispose?.());
  };
  return {
    ...parts,
    init: (key) => network.init(key),
    denoiser,
    likelihood: (params, tokens, options) => using(params, (own) => nelbo(own, tokens, options)),
    sample: (params, options) => using(params, (own) => sampleTokens(own, options)),
  };
}
