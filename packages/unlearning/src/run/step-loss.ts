import { tf, type Tensor } from '@lab/tensor-core';
import type { Key } from '@lab/tensor-core/random';
import type { Batch, UnlearnMethod } from '../methods/types';
import type { FlatModel, Free } from '../model/flat-model';
import { distillation, logLikelihoods, sumOf } from '../model/losses';
import type { BatchLoss } from '../model/types';

/** All that a step takes in: a tree of tensors. */
export interface StepInputs {
  readonly retain: Batch;
  readonly forget?: Batch;
  readonly wrong?: readonly Tensor[];
  /** Logits of the model before unlearning. */
  readonly retainTeacher?: readonly Tensor[];
  readonly forgetTeacher?: readonly Tensor[];
  readonly weights: Readonly<Record<string, Tensor>>;
  readonly displacement?: Free;
  readonly gradient?: Free;
  /** 1 where a parameter may change. */
  readonly mask?: Free;
}

/** The loss of a step as a pure function. */
export function stepLoss<Params>(
  model: FlatModel<Params>,
  method: UnlearnMethod,
  { loss, clamp }: { readonly loss: BatchLoss; readonly clamp: number | undefined },
): (free: Free, inputs: StepInputs, key: Key) => Tensor {
  return (free, inputs, key) => {
    const { retain, forget, wrong, retainTeacher, forgetTeacher, weights, gradient } = inputs;
    // The gradient of <g, params> is g.
    if (gradient)
      return sumOf(Object.entries(free).map(([path, leaf]) => tf.sum(tf.mul(leaf, gradient[path]!))));
    const once = (make: () => readonly Tensor[]): (() => readonly Tensor[]) => {
      let made: readonly Tensor[] | undefined;
      return () => (made ??= make());
    };
    const kept = once(() => model.apply(free, retain.x));
    const forgotten = once(() => model.apply(free, forget!.x));
    return method.loss(
      {
        params: free,
        key,
        retain: () => loss(kept(), retain.y),
        forget: () => loss(forgotten(), forget!.y),
        wrong: () => loss(forgotten(), wrong!),
        retainDistillation: () => distillation(retainTeacher!, kept(), clamp),
        forgetDistillation: () => distillation(forgetTeacher!, forgotten(), clamp),
        forgetLogRatio: () =>
          tf.sub(
            logLikelihoods(forgotten(), forget!.y, clamp),
            logLikelihoods(forgetTeacher!, forget!.y, clamp),
          ),
      },
      weights,
    );
  };
}
