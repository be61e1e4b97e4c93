import type { Tensor } from '@lab/tensor-core';
import type { Key } from '@lab/tensor-core/random';

/** A model as a pure function: one output a batch, or a list with one for each head, samples along the first axis. */
export interface UnlearnModel<Params> {
  apply(params: Params, x: Tensor): Tensor | readonly Tensor[];
  /** Fresh parameters; retraining needs it. */
  init?(key: Key): Params;
}

/** Rows of data: inputs [n, ...] and targets, values [n, ...] or class numbers int32 [n], one tensor for each head. */
export interface Samples {
  readonly x: Tensor;
  readonly y: Tensor | readonly Tensor[];
}

export type Task = 'regression' | 'classification';

/** The mean loss of a batch, a scalar, from the outputs and targets of every head. */
export type BatchLoss = (outputs: readonly Tensor[], targets: readonly Tensor[]) => Tensor;

export const asList = (each: Tensor | readonly Tensor[]): readonly Tensor[] =>
  Array.isArray(each) ? (each as readonly Tensor[]) : [each as Tensor];
