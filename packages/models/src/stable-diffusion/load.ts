import type { Bytes } from '@lab/tensor-core/io';
import type { Architecture } from '../weights/architecture';
import { loadWeights, namedArrays, type LoadWeightsOptions, type NamedArrays } from '../weights/load';

/** Names of attention in autoencoders that were saved before 2023. */
const former: readonly (readonly [now: RegExp, then: string])[] = [
  [/\.to_q\./, '.query.'],
  [/\.to_k\./, '.key.'],
  [/\.to_v\./, '.value.'],
  [/\.to_out\.0\./, '.proj_attn.'],
];

/**
 * Parameters from a file of diffusers: as `loadWeights`, but older names of the autoencoder's attention serve too.
 *
 * @throws LabError `format` that lists which names are missing, which unexpected and which of another shape
 */
export function loadStableDiffusion<Params, Inputs extends readonly unknown[], Output>(
  network: Architecture<Params, Inputs, Output>,
  source: Bytes | NamedArrays,
  options: Omit<LoadWeightsOptions, 'rename'> = {},
): Params {
  const arrays = namedArrays(source);
  const rename = (name: string): string => {
    const then = former.reduce((at, [now, old]) => at.replace(now, old), name);
    return !Object.hasOwn(arrays, name) && Object.hasOwn(arrays, then) ? then : name;
  };
  return loadWeights(network, arrays, { ...options, rename });
}
