import { fromTensor, lora, tf, type HostArray, type LoraAdapters, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { writeSafetensors } from '@lab/tensor-core/io';
import { pathMatcher, treeSelect, type PathSelector, type Tree } from '@lab/tensor-core/tree';
import type { PartSlot } from '../slots';
import { stringifyPeftConfig } from './config';
import { kindOf, moduleOf, prefix } from './names';
import { factorsToPeft, parameterToPeft } from './layout';

/** The two files of a PEFT adapter. */
export interface PeftFiles {
  /** adapter_config.json */
  readonly config: string;
  /** adapter_model.safetensors */
  readonly weights: Uint8Array;
}

export interface PeftNames {
  /** PyTorch's name of a parameter from its path here. @default the path itself */
  readonly nameOf?: (path: string) => string;
  /** Weights that are lookup tables, whose adapters PEFT names and lays out in another way. @default none */
  readonly embeddings?: PathSelector;
}

export interface SavePeftOptions extends PeftNames {
  /** Parameters of the network that is adapted; only shapes are looked at. */
  readonly params: unknown;
  readonly adapters: LoraAdapters;
  /** As the adapters were trained with; one number, or one for each weight by its path. */
  readonly alpha: number | ((path: string) => number);
  /** Parameters of the task's own that go with it, such as a head: values in place of the base's. @default none */
  readonly parts?: PartSlot;
  /** @default 0 */
  readonly dropout?: number;
  /** Goes into the config as it is. @default null */
  readonly baseModel?: string | null;
  /** Such as SEQ_CLS; goes into the config as it is. @default null */
  readonly taskType?: string | null;
}

/**
 * An adapter as the files that Hugging Face's peft reads: `base_model.model.<module>.lora_A.weight` [r, in] and
 * `.lora_B.weight` [out, r], whole parameters under their own names.
 *
 * @throws LabError `shape` when the adapters do not fit the parameters, `argument` when a path is no weight of a module
 */
export async function savePeft(options: SavePeftOptions): Promise<PeftFiles> {
  const { params, adapters, alpha, parts = {}, dropout = 0, baseModel = null, taskType = null } = options;
  const { nameOf = (path: string) => path, embeddings = [] } = options;
  const weights = treeSelect<Tensor>(params as Tree<Tensor>);
  tf.tidy(() => void lora.apply(params, adapters));
  const factors = treeSelect<Tensor>(adapters);
  const isEmbedding = pathMatcher(embeddings);
  const tensors: Record<string, HostArray> = {};
  const ranks = new Map<string, number>();
  const alphas = new Map<string, number>();
  for (const path of placesOf(factors, 'down')) {
    const weight = knownWeight(weights, path);
    const module = moduleOf(nameOf(path), path);
    const kind = kindOf(path, weight.shape, isEmbedding);
    const [down, up] = [factors[`${path}.down`]!, factors[`${path}.up`]!];
    const { a, b } = factorsToPeft(
      { down: await fromTensor(down), up: await fromTensor(up) },
      kind,
      weight.shape,
    );
    const [first, second] =
      kind === 'embedding' ? ['lora_embedding_A', 'lora_embedding_B'] : ['lora_A.weight', 'lora_B.weight'];
    tensors[`${prefix}${module}.${first}`] = a;
    tensors[`${prefix}${module}.${second}`] = b;
    ranks.set(module, down.shape[1]!);
    alphas.set(module, typeof alpha === 'function' ? alpha(path) : alpha);
  }
  const saved = new Set<string>();
  const save = async (path: string, value: Tensor): Promise<void> => {
    const name = nameOf(path);
    const { shape } = knownWeight(weights, path);
    tensors[`${prefix}${name}`] = parameterToPeft(await fromTensor(value), kindOf(path, shape, isEmbedding));
    saved.add(name.replace(/\.[^.]*$/, ''));
  };
  for (const [path, value] of Object.entries(parts)) await save(path, value);
  for (const path of placesOf(factors, 'change')) {
    const value = tf.add(knownWeight(weights, path), factors[`${path}.change`]!);
    await save(path, value).finally(() => value.dispose());
  }
  const common = mostFrequent([...ranks.values()]);
  const commonAlpha =
    alphas.size > 0 || typeof alpha === 'function' ? mostFrequent([...alphas.values()]) : alpha;
  return {
    config: stringifyPeftConfig({
      rank: common,
      alpha: commonAlpha,
      dropout,
      targetModules: [...ranks.keys()],
      modulesToSave: [...saved],
      rankPattern: unlike(ranks, common),
      alphaPattern: unlike(alphas, commonAlpha),
      rankStabilised: false,
      baseModel,
      taskType,
    }),
    weights: writeSafetensors(tensors, { format: 'pt' }),
  };
}

/** Paths of the weights that have this factor. */
function placesOf(factors: Readonly<Record<string, Tensor>>, name: string): string[] {
  return Object.keys(factors).flatMap((path) =>
    path.endsWith(`.${name}`) ? path.slice(0, -name.length - 1) : [],
  );
}

function knownWeight(weights: Readonly<Record<string, Tensor>>, path: string): Tensor {
  const weight = weights[path];
  if (weight) return weight;
  throw new LabError('shape', 'savePeft: the parameters have nothing at this path', { argument: path });
}

function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
}

const unlike = (numbers: ReadonlyMap<string, number>, common: number): Record<string, number> =>
  Object.fromEntries([...numbers].filter(([, number]) => number !== common));
