import { valueAndGrad } from '../grad/value-and-grad';
import {
  applyUpdates,
  type Ema,
  type EmaState,
  type GradientTransformation,
  type OptimizerState,
} from '../optim';
import type { Key } from '../random';
import type { Scalar, Tensor } from '../tf';
import { tidyTree } from '../tree-tensor';

/** All that a training carries from step to step: a tree. */
export interface TrainState<Params> {
  readonly params: Params;
  readonly optimizer: OptimizerState;
  readonly average: EmaState<Params> | undefined;
}

/** The numbers of a step that follow from counts, as in `GradientTransformation.numbers`: scalars, or plain. */
export interface StepScalars {
  readonly optimizer?: unknown;
  readonly ema?: unknown;
}

export interface TrainStepOptions<Params, Batch> {
  readonly loss: (params: Params, batch: Batch, key: Key) => Tensor;
  readonly optimizer: GradientTransformation;
  readonly ema?: Ema | undefined;
}

export type TrainStep<Params, Batch> = (
  state: TrainState<Params>,
  batch: Batch,
  key: Key,
  scalars?: StepScalars,
) => { readonly state: TrainState<Params>; readonly loss: Scalar };

/**
 * One optimisation step as a pure function: loss and gradient, update, average. Inputs stay the caller's, what is
 * returned belongs to the caller, all else is freed.
 */
export function trainStep<Params, Batch>({
  loss,
  optimizer,
  ema,
}: TrainStepOptions<Params, Batch>): TrainStep<Params, Batch> {
  const lossAndGrads = valueAndGrad(loss);
  return (state, batch, key, scalars) =>
    tidyTree(() => {
      const { value, grads } = lossAndGrads(state.params, batch, key);
      const { updates, state: next } = optimizer.update(
        grads,
        state.optimizer,
        state.params,
        scalars?.optimizer,
      );
      const params = applyUpdates(state.params, updates);
      const average = ema && state.average ? ema.update(state.average, params, scalars?.ema) : undefined;
      return { state: { params, optimizer: next, average }, loss: value };
    });
}

/** The step of a trainer: the plain one, or what the caller put around it, with all that it does not return freed. */
export function steppedBy<Params, Batch>(
  options: TrainStepOptions<Params, Batch> & {
    readonly around?: ((step: TrainStep<Params, Batch>) => TrainStep<Params, Batch>) | undefined;
  },
): TrainStep<Params, Batch> {
  const plain = trainStep(options);
  const around = options.around?.(plain);
  return around ? (...inputs) => tidyTree(() => around(...inputs)) : plain;
}
