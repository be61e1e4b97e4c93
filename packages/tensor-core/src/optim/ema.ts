import { tf, type Tensor } from '../tf';
import { treeMap } from '../tree';
import { cloneTree, tidyTree } from '../tree-tensor';
import { moveTowards } from './move-towards';
import { assertSetting } from './validate';

export interface EmaOptions {
  /** How much of the average stays at each step, in [0, 1). @default 0.999 */
  readonly decay?: number;
  /**
   * Lets the average follow quickly at first: the decay at the n-th update is at most `n / (n + 9)`, so the untrained
   * weights are soon forgotten.
   * @default true
   */
  readonly warmup?: boolean;
}

export interface EmaState<Params> {
  /** Updates so far. */
  readonly count: number;
  /** The averaged parameters. */
  readonly average: Params;
}

export interface Ema {
  /** Starts at a copy of the parameters. */
  init<Params>(params: Params): EmaState<Params>;
  /**
   * `average <- decay average + (1 - decay) params`; the old state stays the caller's.
   *
   * @param scalars as in `GradientTransformation`
   */
  update<Params>(state: EmaState<Params>, params: Params, scalars?: unknown): EmaState<Params>;
  /** The numbers of the next update, which follow from the count. */
  numbers(state: EmaState<unknown>): { readonly weight: number };
}

/**
 * An exponential moving average of parameters, by which diffusion models are sampled. Its state is a tree, as an
 * optimiser's.
 *
 * @example
 * const { init, update } = ema({ decay: 0.999 });
 */
export function ema({ decay = 0.999, warmup = true }: EmaOptions = {}): Ema {
  assertSetting('ema', { decay }, (value) => value >= 0 && value < 1, 'a number in [0, 1)');
  const numbers = ({ count }: { readonly count: number }) => {
    const n = count + 1;
    return { weight: 1 - (warmup ? Math.min(decay, n / (n + 9)) : decay) };
  };
  return {
    init: (params) => ({ count: 0, average: cloneTree(params) }),
    numbers,
    update: (state, params, scalars) => ({
      count: state.count + 1,
      average: tidyTree(() => {
        const { weight = tf.scalar(numbers(state).weight) } = (scalars ?? {}) as { weight?: Tensor };
        return treeMap((a: Tensor, p: Tensor) => moveTowards(a, p, weight), state.average, params);
      }),
    }),
  };
}
