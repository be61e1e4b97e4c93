import { hostArray, tf, type HostArrayLike, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { toFloat32, type HostArray } from '@lab/tensor-core/io';
import { nestPaths } from '@lab/tensor-core/tree';
import type { TokenTransformerOptions, TokenTransformerParams } from '@lab/diffusion-core/discrete';
import type { AnchoredNetwork, AnchoredParams } from '../network/anchored-network';
import { officialParameters, type NamedParameter } from './official-names';

type Arrays = Readonly<Record<string, HostArrayLike>>;

/** Names of a Lightning checkpoint that hold no weights of these networks. */
const isBuffer = (name: string): boolean => /(^|\.)(rotary_emb|noise)\./.test(name);

interface Part {
  /** Of the official names, such as `backbone.`. */
  readonly prefix: string;
  readonly parameters: readonly NamedParameter[];
}

const partsOf = (network: AnchoredNetwork): readonly [Part, Part] => [
  { prefix: 'backbone.', parameters: officialParameters(network.anchor.options) },
  { prefix: 'denoiser.', parameters: officialParameters(network.denoiser.options) },
];

/**
 * The weights of an official ADLM checkpoint, as read from safetensors, for a network of its sizes. An older release calls
 * the second network `replica`. Averaged weights come first where the file has them: `ema.shadow_params.0`, `.1` ..., an
 * ordered list without names. The tensors belong to the caller.
 *
 * @throws LabError `format` naming what is missing and what is too much, `shape` for a parameter of another size
 * @example
 * const params = loadOfficialAdlm(network, readSafetensors(bytes).tensors);
 */
export function loadOfficialAdlm(network: AnchoredNetwork, arrays: Arrays): AnchoredParams {
  const [anchor, denoiser] = loadParts(partsOf(network), arrays) as [
    TokenTransformerParams,
    TokenTransformerParams,
  ];
  return { anchor, denoiser };
}

/**
 * The weights of an official MDLM, SEDD, D3PM or autoregressive checkpoint, whose one network is called `backbone` (or has
 * no prefix).
 */
export function loadOfficialTransformer(
  options: TokenTransformerOptions,
  arrays: Arrays,
): TokenTransformerParams {
  const hasPrefix = Object.keys(arrays).some(
    (name) => name.startsWith('backbone.') || name.startsWith('ema.'),
  );
  const part = { prefix: hasPrefix ? 'backbone.' : '', parameters: officialParameters(options) };
  return loadParts([part], arrays)[0] as TokenTransformerParams;
}

/** The official names and layouts of a network's weights, for `writeSafetensors`. */
export async function saveOfficialAdlm(
  network: AnchoredNetwork,
  params: AnchoredParams,
): Promise<Record<string, HostArray>> {
  const [first, second] = partsOf(network);
  return { ...(await savePart(first, params.anchor)), ...(await savePart(second, params.denoiser)) };
}

/** As `saveOfficialAdlm`, of one network. */
export function saveOfficialTransformer(
  options: TokenTransformerOptions,
  params: TokenTransformerParams,
): Promise<Record<string, HostArray>> {
  return savePart({ prefix: 'backbone.', parameters: officialParameters(options) }, params);
}

function loadParts(parts: readonly Part[], arrays: Arrays): unknown[] {
  const wanted = parts.flatMap(({ prefix, parameters }) =>
    parameters.map((each) => ({ name: prefix + each.official, each })),
  );
  const named = averaged(arrays, wanted.length) ?? byName(arrays);
  const missing = wanted.filter(({ name }, i) => named(name, i) === undefined).map(({ name }) => name);
  const known = new Set(wanted.map(({ name }) => name));
  const unexpected = averaged(arrays, wanted.length)
    ? []
    : Object.keys(arrays)
        .map(renamed)
        .filter((name) => !known.has(name) && !isBuffer(name));
  if (missing.length > 0 || unexpected.length > 0)
    throw new LabError('format', 'the names of this checkpoint are not those of the network', {
      received: { missing: missing.slice(0, 8), unexpected: unexpected.slice(0, 8) },
      hint: 'the numbers of blocks, or the kind of the network, differ',
    });
  for (const [i, { name, each }] of wanted.entries()) {
    const { shape } = named(name, i)!;
    const expected = each.transposed ? [...each.shape].reverse() : each.shape;
    if (shape.join() !== expected.join())
      throw new LabError('shape', 'a parameter of this checkpoint has another size', {
        argument: name,
        expected,
        received: shape,
      });
  }
  let index = 0;
  return parts.map(({ prefix, parameters }) => {
    const leaves = Object.fromEntries(
      parameters.map((each) => {
        const array = named(prefix + each.official, index++)!;
        return [each.path, upload(array, each)];
      }),
    );
    return withBlocks(nestPaths<Tensor>(leaves));
  });
}

const renamed = (name: string): string => name.replace(/^replica\./, 'denoiser.');

function byName(arrays: Arrays) {
  const names = new Map(Object.entries(arrays).map(([name, array]) => [renamed(name), array]));
  return (name: string, _index: number): HostArrayLike | undefined => names.get(name);
}

/** The ordered averages of a file that has them. */
function averaged(arrays: Arrays, count: number) {
  const prefix = 'ema.shadow_params.';
  const found = Object.keys(arrays).filter((name) => name.startsWith(prefix)).length;
  if (found === 0) return undefined;
  if (found !== count)
    throw new LabError('format', 'this checkpoint has another number of averaged parameters', {
      expected: count,
      received: found,
    });
  return (_: string, index: number): HostArrayLike | undefined => arrays[`${prefix}${index}`];
}

function upload(array: HostArrayLike, { transposed }: NamedParameter): Tensor {
  const tensor = tf.tensor(toFloat32(array).data, [...array.shape], 'float32');
  if (!transposed) return tensor;
  const turned = tf.transpose(tensor);
  tensor.dispose();
  return turned;
}

/** A tree of paths has its blocks by name `0`, `1` ...; a network has a list. */
function withBlocks(tree: unknown): unknown {
  const { blocks = {}, ...rest } = tree as { blocks?: Record<string, unknown> };
  return { ...rest, blocks: Object.keys(blocks).map((_, i) => blocks[String(i)]) };
}

async function savePart(
  { prefix, parameters }: Part,
  params: TokenTransformerParams,
): Promise<Record<string, HostArray>> {
  const saved: Record<string, HostArray> = {};
  for (const { official, path, transposed } of parameters) {
    const leaf = leafAt(params, path);
    const laid = transposed ? tf.transpose(leaf) : tf.clone(leaf);
    const data = Float32Array.from(await laid.data());
    saved[prefix + official] = hostArray({ shape: laid.shape, dtype: 'float32', data });
    laid.dispose();
  }
  return saved;
}

function leafAt(tree: unknown, path: string): Tensor {
  return path.split('.').reduce((node, name) => (node as Record<string, unknown>)[name], tree) as Tensor;
}
