import { LabError } from '../errors';
import { lecunNormal, type Initializer } from '../nn/initializers';
import { split, type Key } from '../random';
import { tf, type Tensor } from '../tf';
import { nestPaths, treePaths, treeSelect, type PathSelector, type Tree } from '../tree';
import { treeSize } from '../tree-tensor';

/** The two factors of one weight's change: `down` [inputs, rank], `up` [rank, outputs]. */
export type LoraAdapter = { readonly down: Tensor; readonly up: Tensor };

/** Adapters at the places of the weights that they change: a tree, so they train, save and load as any parameters. */
export type LoraAdapters = { readonly [name: string]: LoraAdapters | LoraAdapter };

export interface LoraInitOptions {
  /** The weights to adapt, by path: `/(query|value)\.weight$/`. Each has at least two axes. */
  readonly targets: PathSelector;
  /** Rank of the change, from 1 to the smaller side of every target. */
  readonly rank: number;
  /** First values of `down`; `up` starts at zero, so that nothing is changed at first. @default lecunNormal */
  readonly init?: Initializer;
}

export interface LoraScaleOptions {
  /** The change is `alpha / rank` times the product of the factors. @default the rank, so the product itself */
  readonly alpha?: number;
}

/**
 * Adapters that change nothing yet (Hu et al. 2021, section 4.1); they belong to the caller.
 *
 * @throws LabError `argument` when no leaf is meant or a listed one does not exist, `shape` when a target is not a
 * matrix or smaller than `rank`
 * @example
 * const adapters = lora.init(key(0), params, { targets: /query\.weight$/, rank: 4 });
 */
export function init(
  key: Key,
  params: unknown,
  { targets, rank, init: draw = lecunNormal }: LoraInitOptions,
): LoraAdapters {
  const weights = Object.entries(treeSelect<Tensor>(params as Tree<Tensor>, targets));
  if (weights.length === 0)
    throw new LabError('argument', 'lora.init: no parameter is meant', {
      argument: 'targets',
      received: String(targets),
      expected: treePaths(params).slice(0, 20),
    });
  for (const [path, weight] of weights) assertTarget(path, weight, rank);
  const keys = split(key, weights.length);
  return nestPaths(
    Object.fromEntries(
      weights.flatMap(([path, weight], i) => {
        const { inputs, outputs } = sides(weight);
        return [
          [factorOf(path, 'down'), draw(keys[i]!, [inputs, rank])],
          [factorOf(path, 'up'), tf.zeros([rank, outputs])],
        ];
      }),
    ),
  ) as LoraAdapters;
}

/** Number of trainable scalars. */
export function count(adapters: LoraAdapters): number {
  return treeSize(adapters);
}

/** The change of each weight, by path, as new tensors of the weights' shapes. */
export function changes(
  params: unknown,
  adapters: LoraAdapters,
  { alpha }: LoraScaleOptions,
): Record<string, Tensor> {
  const weights = treeSelect<Tensor>(params as Tree<Tensor>);
  const factors = treeSelect<Tensor>(adapters);
  return Object.fromEntries(
    adaptedPaths(adapters).map((path) => {
      const [down, up, weight] = [
        factors[factorOf(path, 'down')]!,
        factors[factorOf(path, 'up')],
        weights[path],
      ];
      const rank = down.shape[1]!;
      if (!up || !weight || sides(weight).inputs !== down.shape[0] || sides(weight).outputs !== up.shape[1])
        throw new LabError('shape', 'lora: an adapter does not fit the parameters', {
          argument: `adapters.${path}`,
          expected: weight?.shape ?? 'a parameter of this path',
          received: [down.shape, up?.shape ?? 'no "up"'],
        });
      const product = tf.matMul(down, up);
      const scaled = alpha === undefined || alpha === rank ? product : tf.mul(product, alpha / rank);
      return [path, tf.reshape(scaled, weight.shape)];
    }),
  );
}

/** The paths of the weights that are adapted. */
export function adaptedPaths(adapters: LoraAdapters): string[] {
  return treePaths(adapters).flatMap((path) => {
    const match = /^(?:(.*)\.)?down$/s.exec(path);
    return match ? [match[1] ?? ''] : [];
  });
}

function factorOf(path: string, factor: 'down' | 'up'): string {
  return path === '' ? factor : `${path}.${factor}`;
}

/** A weight as a matrix: the last axis is outputs, all others are inputs. */
function sides(weight: Tensor): { readonly inputs: number; readonly outputs: number } {
  const outputs = weight.shape.at(-1) ?? 1;
  return { inputs: weight.size / outputs, outputs };
}

function assertTarget(path: string, weight: Tensor, rank: number): void {
  const { inputs, outputs } = sides(weight);
  if (weight.rank < 2)
    throw new LabError('shape', 'lora.init: only a weight of two or more axes has a change of low rank', {
      argument: `params.${path}`,
      received: weight.shape,
      hint: 'narrow `targets`, for example /weight$/',
    });
  if (!(Number.isSafeInteger(rank) && rank >= 1 && rank <= Math.min(inputs, outputs)))
    throw new LabError('argument', 'lora.init: the rank does not fit a weight', {
      argument: 'rank',
      expected: `1 to ${Math.min(inputs, outputs)} for ${path}`,
      received: rank,
    });
}
