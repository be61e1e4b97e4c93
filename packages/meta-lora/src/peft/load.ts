import { toTensor, type HostArray, type LoraAdapters, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { readSafetensors, toFloat32 } from '@lab/tensor-core/io';
import { nestPaths, pathMatcher, treeSelect, type Tree } from '@lab/tensor-core/tree';
import type { PartSlot } from '../slots';
import { parsePeftConfig, patternNumber, type PeftConfig } from './config';
import { factorsFromPeft, parameterFromPeft, type WeightKind } from './layout';
import { kindOf, prefix } from './names';
import type { PeftFiles, PeftNames } from './save';

/** An adapter that was read. Its tensors belong to the caller. */
export interface LoadedPeft {
  readonly adapters: LoraAdapters;
  /** For `lora.apply`, `lora.attach` and `lora.merge`: by the weight's path. */
  readonly alpha: (path: string) => number;
  /** Whole parameters, such as a head, for `headSlots(...).apply`. */
  readonly parts: PartSlot;
  readonly config: PeftConfig;
}

interface Found {
  a?: HostArray;
  b?: HostArray;
  kind?: 'embedding';
}

/**
 * Reads an adapter that peft, or `savePeft`, wrote, for a network with these parameters.
 *
 * @param files adapter_config.json and adapter_model.safetensors
 * @throws LabError `format` when a module has half an adapter or one that the network has not; `shape` when it is of other layers or of
 * another rank than the config says; `unsupported` for methods other than plain LoRA
 */
export function loadPeft(
  files: PeftFiles,
  { params, nameOf = (path) => path, embeddings = [] }: PeftNames & { readonly params: unknown },
): LoadedPeft {
  const config = parsePeftConfig(files.config);
  const weights = treeSelect<Tensor>(params as Tree<Tensor>);
  const paths = new Map(Object.keys(weights).map((path) => [nameOf(path), path]));
  const isEmbedding = pathMatcher(embeddings);
  const modules = new Map<string, Found>();
  const whole: [path: string, value: HostArray][] = [];
  for (const [name, array] of Object.entries(readSafetensors(files.weights).tensors)) {
    const bare = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    const value = toFloat32(array);
    const match = /^(.*)\.lora_(embedding_)?([AB])(?:\.weight)?$/.exec(bare);
    if (match) {
      const found = modules.get(match[1]!) ?? {};
      if (match[2]) found.kind = 'embedding';
      found[match[3] === 'A' ? 'a' : 'b'] = value;
      modules.set(match[1]!, found);
    } else whole.push([pathOf(paths, bare), value]);
  }
  if (modules.size === 0 && whole.length === 0)
    throw new LabError('format', 'loadPeft: there is no adapter in the file', { argument: 'weights' });

  const ranks = new Map<string, number>();
  const factors: Record<string, HostArray> = {};
  for (const [module, { a, b, kind: found }] of modules) {
    const path = pathOf(paths, `${module}.weight`);
    const { shape } = weights[path]!;
    const kind: WeightKind = found ?? kindOf(path, shape, () => false);
    if (!a || !b)
      throw new LabError('format', `loadPeft: ${module} has half an adapter`, {
        argument: module,
        received: a ? 'lora_A' : 'lora_B',
      });
    const expected = patternNumber(config.rankPattern, module, config.rank);
    if (a.shape[0] !== expected)
      throw new LabError(
        'shape',
        `loadPeft: the adapter of ${module} is not of the rank that the config says`,
        {
          argument: module,
          expected,
          received: a.shape[0],
        },
      );
    const { down, up } = factorsFromPeft({ a, b }, kind, shape, module);
    factors[`${path}.down`] = down;
    factors[`${path}.up`] = up;
    ranks.set(path, expected);
  }
  const parts = whole.map(([path, value]) => {
    const { shape } = weights[path]!;
    const turned = parameterFromPeft(value, kindOf(path, shape, isEmbedding));
    if (turned.shape.join() !== shape.join())
      throw new LabError('shape', 'loadPeft: a whole parameter is of another shape', {
        argument: path,
        expected: shape,
        received: turned.shape,
      });
    return [path, turned] as const;
  });
  const tensorsOf = (arrays: Iterable<readonly [string, HostArray]>): Record<string, Tensor> =>
    Object.fromEntries(Array.from(arrays, ([path, value]) => [path, toTensor(value)]));
  return {
    adapters: nestPaths<Tensor>(tensorsOf(Object.entries(factors))) as LoraAdapters,
    parts: tensorsOf(parts),
    alpha(path) {
      const alpha = patternNumber(config.alphaPattern, nameOf(path).replace(/\.weight$/, ''), config.alpha);
      return config.rankStabilised ? alpha * Math.sqrt(ranks.get(path) ?? config.rank) : alpha;
    },
    config,
  };
}

function pathOf(paths: ReadonlyMap<string, string>, name: string): string {
  const path = paths.get(name);
  if (path !== undefined) return path;
  throw new LabError('format', 'loadPeft: the network has no such parameter', {
    argument: name,
    expected: [...paths.keys()].slice(0, 20),
    hint: 'the adapter is of another network, or the names differ: give `nameOf`',
  });
}
