import { nestPaths, tf, type HostArrayLike, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { readSafetensors, toFloat32, type Bytes } from '@lab/tensor-core/io';
import { foldIn, type Key } from '@lab/tensor-core/random';
import type { Architecture } from './architecture';
import { fromStored } from './arrange';
import { storedShape, type Weight } from './weight';

/** Arrays by their published names. */
export type NamedArrays = Readonly<Record<string, HostArrayLike>>;

export interface LoadWeightsOptions {
  /** Names in the file to pass over, such as `/^lm_head/` for a head that is not wanted. @default none */
  readonly ignore?: RegExp | undefined;
  /**
   * Weights that may be missing and are then drawn anew, such as `/^classifier/` for a head that is still to be trained.
   *
   * @default none
   */
  readonly fresh?: { readonly names: RegExp; readonly key: Key } | undefined;
  /** The name in the file of a published name. @default the same */
  readonly rename?: ((name: string) => string) | undefined;
}

/**
 * The parameters of an architecture from arrays under their published names, or from the bytes of a safetensors file.
 * Halves and float64 become float32. The tensors belong to the caller.
 *
 * @throws LabError `format` that lists which names are missing, which unexpected and which of another shape
 * @example
 * const params = loadWeights(network, await readFile('model.safetensors'), { ignore: /^lm_head/ });
 */
export function loadWeights<Params, Inputs extends readonly unknown[], Output>(
  network: Architecture<Params, Inputs, Output>,
  source: Bytes | NamedArrays,
  { ignore, fresh, rename = (name) => name }: LoadWeightsOptions = {},
): Params {
  const arrays = namedArrays(source);
  const has = (name: string): boolean => Object.hasOwn(arrays, rename(name));
  const isFresh = ({ stored }: Weight): boolean =>
    !has(stored.name) && fresh !== undefined && stored.name.search(fresh.names) >= 0;
  const kept = network.weights.filter((weight) => !isFresh(weight));
  const known = new Set(network.weights.map(({ stored }) => rename(stored.name)));
  const passed = (name: string): boolean =>
    known.has(name) || [ignore, network.ignored].some((names) => names && name.search(names) >= 0);
  refuseMisfits({
    missing: unique(kept.flatMap(({ stored }) => (has(stored.name) ? [] : [rename(stored.name)]))),
    unexpected: Object.keys(arrays).filter((name) => !passed(name)),
    misshapen: unique(
      kept.flatMap((weight) => {
        const array = has(weight.stored.name) ? arrays[rename(weight.stored.name)] : undefined;
        const expected = storedShape(weight);
        return !array || array.shape.join() === expected.join()
          ? []
          : [`${rename(weight.stored.name)} [${array.shape.join()}], expected [${expected.join()}]`];
      }),
    ),
  });
  const leaves = network.weights.map((weight, i): [string, Tensor] => {
    if (isFresh(weight)) return [weight.path, weight.init(foldIn(fresh!.key, i), weight.shape)];
    const values = singles(arrays[rename(weight.stored.name)]!);
    return [weight.path, tf.tensor(fromStored(weight, values), [...weight.shape], 'float32')];
  });
  return nestPaths(Object.fromEntries(leaves)) as Params;
}

/** The bytes of a safetensors file as arrays by name; such arrays as they are. */
export function namedArrays(source: Bytes | NamedArrays): NamedArrays {
  return source instanceof ArrayBuffer || ArrayBuffer.isView(source)
    ? readSafetensors(source).tensors
    : source;
}

function singles(array: HostArrayLike): Float32Array {
  return array.dtype === 'float32' ? (array.data as Float32Array) : toFloat32(array).data;
}

interface Misfits {
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly misshapen: readonly string[];
}

function refuseMisfits(misfits: Misfits): void {
  const found = Object.entries(misfits).filter(([, names]: [string, readonly string[]]) => names.length > 0);
  if (found.length === 0) return;
  throw new LabError('format', "loadWeights: the file's arrays are not those of the network", {
    received: Object.fromEntries(found.map(([kind, names]) => [kind, shortened(names as readonly string[])])),
    hint: 'check the configuration; pass `ignore` for names that are not wanted, `fresh` for weights to be drawn',
  });
}

function shortened(names: readonly string[]): readonly string[] {
  return names.length <= 8 ? names : [...names.slice(0, 8), `and ${names.length - 8} more`];
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
