import { LabError } from '../errors';
import { lecunNormal, type Initializer } from '../nn/initializers';
import { split, type Key } from '../random';
import { tf, type Tensor } from '../tf';
import { nestPaths, treePaths, treeSelect, type PathSelector, type Tree } from '../tree';
import { treeSize } from '../tree-tensor';

/** The two factors of one weight's change: `down` [inputs, rank], `up` [rank, outputs]. */
export type LoraAdapter = { readonly down: Tensor; readonly up: Tensor };

/** A change of full rank, of the weight's own shape: for biases, norms and heads that train along. */
export type LoraFull = { readonly change: Tensor };

/** Adapters at the places of the weights that they change: a tree, so they train, save and load as any parameters. */
export type LoraAdapters = { readonly [name: string]: LoraAdapters | LoraAdapter | LoraFull };

/** One number for all weights, or one for each by its path. */
export type PerWeight = number | ((path: string) => number);

export interface LoraInitOptions {
  /** The weights to adapt, by path: `/(query|value)\.weight$/`. Each has at least two axes. @default none */
  readonly targets?: PathSelector;
  /** Rank of the change, from 1 to the smaller side of every target; needed where there are targets. */
  readonly rank?: PerWeight;
  /** Parameters of any shape that get a change of full rank, such as `/bias$/` or a head's. @default none */
  readonly full?: PathSelector;
  /** First values of `down`; `up` starts at zero, so that nothing is changed at first. @default lecunNormal */
  readonly init?: Initializer;
}

export interface LoraScaleOptions {
  /**
   * The change is `alpha / rank` times the product of the factors. (With `alpha * sqrt(rank)` here it is that of
   * rank-stabilised LoRA.) Changes of full rank are not scaled.
   *
   * @default the rank, so the product itself
   */
  readonly alpha?: PerWeight | undefined;
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
  { targets = [], rank, full = [], init: draw = lecunNormal }: LoraInitOptions,
): LoraAdapters {
  const select = (selector: PathSelector) => treeSelect<Tensor>(params as Tree<Tensor>, selector);
  const [weights, whole] = [Object.entries(select(targets)), Object.entries(select(full))];
  if (weights.length === 0 && whole.length === 0)
    throw new LabError('argument', 'lora.init: no parameter is meant', {
      argument: 'targets',
      received: String(targets),
      expected: treePaths(params).slice(0, 20),
    });
  const ranks = weights.map(([path]) => (typeof rank === 'function' ? rank(path) : rank));
  weights.forEach(([path, weight], i) => assertTarget(path, weight, ranks[i]));
  const low = new Set(weights.map(([path]) => path));
  const twice = whole.find(([path]) => low.has(path));
  if (twice)
    throw new LabError('argument', 'lora.init: a parameter is to have a change of low and of full rank', {
      argument: 'full',
      received: twice[0],
    });
  const keys = split(key, Math.max(weights.length, 1));
  return nestPaths<Tensor>(
    Object.fromEntries<Tensor>([
      ...weights.flatMap(([path, weight], i): [string, Tensor][] => {
        const { inputs, outputs } = sides(weight);
        return [
          [factorOf(path, 'down'), draw(keys[i]!, [inputs, ranks[i]!])],
          [factorOf(path, 'up'), tf.zeros([ranks[i]!, outputs])],
        ];
      }),
      ...whole.map(([path, weight]): [string, Tensor] => [factorOf(path, 'change'), tf.zeros(weight.shape)]),
    ]),
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
  { alpha }: LoraScaleOptions = {},
): Record<string, Tensor> {
  return Object.fromEntries(
    pieces(params, adapters, { alpha }).map((piece) => [
      piece.path,
      piece.kind === 'full'
        ? tf.clone(piece.change)
        : tf.reshape(scaledBy(piece.scale, tf.matMul(piece.down, piece.up)), piece.weight.shape),
    ]),
  );
}

type Piece = { readonly path: string; readonly weight: Tensor } & (
  | { readonly kind: 'low'; readonly down: Tensor; readonly up: Tensor; readonly scale: number }
  | { readonly kind: 'full'; readonly change: Tensor }
);

/** Each adapted weight with its adapter, after checking that they fit. */
export function pieces(params: unknown, adapters: LoraAdapters, { alpha }: LoraScaleOptions): Piece[] {
  const weights = treeSelect<Tensor>(params as Tree<Tensor>);
  const factors = treeSelect<Tensor>(adapters);
  return adaptedPaths(adapters).map((path) => {
    const weight = weights[path];
    const change = factors[factorOf(path, 'change')];
    if (change) {
      if (weight?.shape.join() !== change.shape.join()) throw misfit(path, weight, [change.shape]);
      return { kind: 'full', path, weight, change };
    }
    const [down, up] = [factors[factorOf(path, 'down')]!, factors[factorOf(path, 'up')]];
    const rank = down.shape[1]!;
    if (!up || !weight || sides(weight).inputs !== down.shape[0] || sides(weight).outputs !== up.shape[1])
      throw misfit(path, weight, [down.shape, up?.shape ?? 'no "up"']);
    const own = typeof alpha === 'function' ? alpha(path) : alpha;
    return { kind: 'low', path, weight, down, up, scale: own === undefined ? 1 : own / rank };
  });
}

export function scaledBy(scale: number, x: Tensor): Tensor {
  return scale === 1 ? x : tf.mul(x, scale);
}

function misfit(path: string, weight: Tensor | undefined, received: unknown): LabError {
  return new LabError('shape', 'lora: an adapter does not fit the parameters', {
    argument: `adapters.${path}`,
    expected: weight?.shape ?? 'a parameter of this path',
    received,
  });
}

/** The paths of the weights that are adapted. */
export function adaptedPaths(adapters: LoraAdapters): string[] {
  return treePaths(adapters).flatMap((path) => {
    const match = /^(?:(.*)\.)?(?:down|change)$/s.exec(path);
    return match ? [match[1] ?? ''] : [];
  });
}

function factorOf(path: string, factor: 'down' | 'up' | 'change'): string {
  return path === '' ? factor : `${path}.${factor}`;
}

/** A weight as a matrix: the last axis is outputs, all others are inputs. */
function sides(weight: Tensor): { readonly inputs: number; readonly outputs: number } {
  const outputs = weight.shape.at(-1) ?? 1;
  return { inputs: weight.size / outputs, outputs };
}

function assertTarget(path: string, weight: Tensor, rank: number | undefined): void {
  const { inputs, outputs } = sides(weight);
  if (weight.rank < 2)
    throw new LabError('shape', 'lora.init: only a weight of two or more axes has a change of low rank', {
      argument: `params.${path}`,
      received: weight.shape,
      hint: 'narrow `targets`, for example /weight$/, or name it in `full`',
    });
  if (!Number.isSafeInteger(rank) || rank! < 1 || rank! > Math.min(inputs, outputs))
    throw new LabError('argument', 'lora.init: the rank does not fit a weight', {
      argument: 'rank',
      expected: `1 to ${Math.min(inputs, outputs)} for ${path}`,
      received: rank,
    });
}
