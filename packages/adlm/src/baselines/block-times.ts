import { disposeTree, eventLoopBreather, tf, treeMap, valueAndGrad, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn, type Key } from '@lab/tensor-core/random';
import type { TokenArray } from '@lab/diffusion-core/discrete';
import type { LanguageModel } from '../model/types';

/** Part of [0, 1] from which training draws the times of blocks. */
export type BlockTimes = readonly [least: number, greatest: number];

export interface BlockTimesOptions<Params> {
  /** Where in training the gradients are taken; they stay the caller's. */
  readonly params: Params;
  /** Clean sequences [B, L], the same for every draw. */
  readonly tokens: TokenArray;
  /** @default the whole range, and ten that leave out low times, high ones, or both */
  readonly candidates?: readonly BlockTimes[];
  /** Draws of times and masks for each candidate, at least 2. @default 8 */
  readonly draws?: number;
  readonly key: Key;
  readonly signal?: AbortSignal | undefined;
}

export interface BlockTimesResult {
  /** The candidate of least variance. */
  readonly times: BlockTimes;
  /** For each candidate the variance of the gradient, summed over all weights. */
  readonly variances: readonly { readonly times: BlockTimes; readonly variance: number }[];
}

const defaults: readonly BlockTimes[] = [
  [1e-3, 1],
  ...[0.3, 0.5, 0.8].flatMap((greatest): BlockTimes[] => [[1e-3, greatest]]),
  ...[0.3, 0.5, 0.8].flatMap((least): BlockTimes[] => [[least, 1]]),
  ...[0.3, 0.45].flatMap((least): BlockTimes[] => [
    [least, 0.8],
    [least, 0.95],
  ]),
];

/**
 * Which part of the times leaves the gradient of block diffusion the least noise (Arriola et al. 2025, section 5): the
 * variance over draws of times and masks, for each candidate from the same weights and sequences. To be asked again while
 * training goes on.
 *
 * @param make the model for a part of the times, such as `(times) => bd3lm({ ...options, times })`
 * @throws LabError `argument` for fewer than two draws or no candidates; `aborted`
 * @example
 * const { times } = await blockTimes((times) => bd3lm({ ...options, times }), { params, tokens, key: key(0) });
 */
export async function blockTimes<Params, Batch extends object>(
  make: (times: BlockTimes) => LanguageModel<Params, Batch>,
  { params, tokens, candidates = defaults, draws = 8, key, signal }: BlockTimesOptions<Params>,
): Promise<BlockTimesResult> {
  if (!(Number.isInteger(draws) && draws >= 2) || candidates.length === 0)
    throw new LabError('argument', 'a variance needs two draws, and a search a candidate', {
      argument: 'draws | candidates',
      received: { draws, candidates: candidates.length },
    });
  const breathe = eventLoopBreather();
  const variances: { times: BlockTimes; variance: number }[] = [];
  for (const times of candidates) {
    const model = make(times);
    let sum: unknown;
    let squares = 0;
    try {
      for (let draw = 0; draw < draws; draw++) {
        if (signal?.aborted)
          throw new LabError('aborted', "the search was aborted by the caller's signal", {
            cause: signal.reason,
          });
        const own = foldIn(key, draw);
        const batch = model.batch(tokens, { key: foldIn(own, 0), progress: 1 });
        const { value, grads } = valueAndGrad((p: Params) => model.loss(p, batch, foldIn(own, 1)))(params);
        tf.dispose([value, batch as unknown as Tensor]);
        squares += squaredNorm(grads);
        const next = sum === undefined ? grads : added(sum, grads);
        if (sum !== undefined) disposeTree([sum, grads]);
        sum = next;
        await breathe();
      }
      variances.push({ times, variance: (squares - squaredNorm(sum) / draws) / (draws - 1) });
    } finally {
      if (sum !== undefined) disposeTree(sum);
    }
  }
  const best = variances.reduce((least, each) => (each.variance < least.variance ? each : least));
  return { times: best.times, variances };
}

const added = (a: unknown, b: unknown): unknown =>
  treeMap((x: Tensor, y: Tensor) => tf.add(x, y), a as never, b as never);

function squaredNorm(tree: unknown): number {
  let total = 0;
  treeMap((x: Tensor) => {
    for (const each of x.dataSync()) total += each * each;
    return x;
  }, tree as never);
  return total;
}
