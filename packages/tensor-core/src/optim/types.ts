import type { Tensor } from '../tf';
import type { Tree } from '../tree';

/**
 * What an optimiser remembers between steps: a tree that names its leaves as the parameters do, so it can be saved,
 * and carried to a run whose parameters stand in another order. Tensors belong to the caller; numbers are counts.
 */
export type OptimizerState = Tree<Tensor | number>;

export interface OptimizerUpdate<Params> {
  /** What to add to the parameters. */
  readonly updates: Params;
  readonly state: OptimizerState;
}

/**
 * What an update needs to know that follows from the counts in the state alone, such as learning rates and bias
 * corrections: plain numbers on the host, in a tree of the transformation's own making.
 */
export type UpdateNumbers = Tree<number>;

/**
 * A pair of pure functions that turns gradients into updates, in the manner of optax. Inputs stay the caller's and are
 * not changed; what is returned belongs to the caller. Differentiable, so it may stand inside a loss.
 */
export interface GradientTransformation {
  /** The state before the first step. */
  init(params: unknown): OptimizerState;
  /**
   * One step. `grads` may lack leaves that the parameters have (another task, a frozen part): what is remembered of
   * those stays as it was.
   *
   * Each number of the state is a count, to which every update adds the same whole number.
   *
   * @param params the parameters that `grads` was taken at; weight decay needs them
   * @param scalars the `numbers` of this state as scalar tensors. A compiled update gets them with every run; without
   * them, it takes its own
   */
  update<Grads>(
    grads: Grads,
    state: OptimizerState,
    params?: unknown,
    scalars?: unknown,
  ): OptimizerUpdate<Grads>;
  /**
   * The numbers of the next update. A transformation whose state has counts needs it to be compiled, so that the
   * numbers of one step are not those of all.
   */
  numbers?(state: OptimizerState): UpdateNumbers;
}
