import type { Bytes } from '@lab/tensor-core/io';
import type { Architecture } from '../weights/architecture';
import { loadWeights, namedArrays, type LoadWeightsOptions, type NamedArrays } from '../weights/load';

const prefix = 'roberta.';

/**
 * Parameters of a RoBERTa network from a published file: as `loadWeights`, but a file of the bare encoder serves
 * networks with a head, and the other way round (names with and without the prefix `roberta.`).
 *
 * @throws LabError `format` that lists which names are missing, which unexpected and which of another shape
 * @example
 * // A classifier on a pretrained encoder, its head newly drawn.
 * const params = loadRoberta(network, bytes, {
 *   ignore: /^lm_head|pooler/,
 *   fresh: { names: /^classifier/, key: key(0) },
 * });
 */
export function loadRoberta<Params, Inputs extends readonly unknown[], Output>(
  network: Architecture<Params, Inputs, Output>,
  source: Bytes | NamedArrays,
  options: Omit<LoadWeightsOptions, 'rename'> = {},
): Params {
  const arrays = namedArrays(source);
  const starts = (name: string): boolean => name.startsWith(prefix);
  const [inNetwork, inFile] = [
    network.weights.some(({ stored }) => starts(stored.name)),
    Object.keys(arrays).some(starts),
  ];
  const rename = (name: string): string => {
    if (inNetwork && !inFile && starts(name)) return name.slice(prefix.length);
    if (!inNetwork && inFile) return `${prefix}${name}`;
    return name;
  };
  return loadWeights(network, arrays, { ...options, rename });
}
