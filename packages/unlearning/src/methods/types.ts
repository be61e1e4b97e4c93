import type { Tensor } from '@lab/tensor-core';
import type { Key } from '@lab/tensor-core/random';
import type { Free } from '../model/flat-model';

/** Where a run is; all that a method's schedule may depend on. */
export interface Place {
  /** From 0. */
  readonly epoch: number;
  readonly epochs: number;
  /** Steps before this one, from 0. */
  readonly step: number;
  /** Steps before this one in its epoch. */
  readonly stepInEpoch: number;
  readonly stepsPerEpoch: number;
}

/** The terms that effective losses are made of; each is computed when it is asked for. */
export interface LossTerms {
  /** J_r, the mean loss on the retain batch. */
  readonly retain: () => Tensor;
  /** J_f, the mean loss on the forget batch. */
  readonly forget: () => Tensor;
  /** The mean loss on the forget batch with random wrong labels. */
  readonly wrong: () => Tensor;
  /** KL(teacher || student) on the retain batch. */
  readonly retainDistillation: () => Tensor;
  /** KL(teacher || student) on the forget batch. */
  readonly forgetDistillation: () => Tensor;
  /** log p(y | x) of the forget batch, less the teacher's [n]. */
  readonly forgetLogRatio: () => Tensor;
  /** The parameters that may change. */
  readonly params: Free;
  readonly key: Key;
}

/** One projection, as it was done. */
export interface ProjectionLog {
  readonly step: number;
  /** After halving by `maxDrift`. */
  readonly strength: number;
  readonly rows: number;
  /** Absent where the matrix-free solver ran. */
  readonly rank?: number;
  /** Norm of the orthogonal component before the step. */
  readonly perpNorm: number;
  readonly norm: number;
  /** Greatest change of an output on the projected samples; with `maxDrift` alone. */
  readonly maxDrift?: number;
}

/** Rows of data with the targets of every head. */
export interface Batch {
  readonly x: Tensor;
  readonly y: readonly Tensor[];
}

/** What a method may look at between steps. Tensors are the run's: read them. */
export interface Preparation {
  readonly place: Place;
  readonly key: Key;
  readonly retain: Batch;
  /** Present where the run has data to forget. */
  readonly forget?: Batch;
  readonly free: Free;
}

/** What is handed to the coming step: new tensors, which the run frees. */
export interface Prepared {
  /** Added to the parameters before the step's gradient is taken. */
  readonly displacement?: Free;
  /** Takes the place of the loss's gradient. */
  readonly gradient?: Free;
  readonly projection?: ProjectionLog;
}

/** What a method builds once a run. */
export interface Session {
  prepare?(preparation: Preparation): Promise<Prepared>;
  /** After the last step. */
  finish?(preparation: Preparation): Promise<Prepared>;
  dispose?(): void;
}

/** What a run lends to a session. */
export interface Workbench {
  readonly task: 'regression' | 'classification';
  readonly places: { readonly epochs: number; readonly stepsPerEpoch: number };
  readonly retainCount: number;
  /** The component of the parameters orthogonal to the output gradients on these inputs. */
  project(
    free: Free,
    x: Tensor,
    options: { readonly relTol?: number | undefined; readonly key: Key },
  ): Promise<{
    readonly theta: Float64Array;
    readonly perp: Float64Array;
    readonly rows: number;
    readonly rank?: number;
  }>;
  /** Greatest change of an output on these inputs. */
  drift(before: Free, after: Free, x: Tensor): Promise<number>;
  /** Gradients of the loss of single samples, one after another [n, d]. */
  lossGradients(free: Free, samples: Batch): Promise<Float64Array>;
  /** Gradient of the mean loss [d]. */
  meanLossGradient(free: Free, samples: Batch): Promise<Float64Array>;
}

/**
 * A method of unlearning: an effective loss over one optimiser, with what happens beside it. Schedules are pure functions
 * of the place, so a method has no state of its own.
 */
export interface UnlearnMethod {
  readonly name: string;
  /** What it cannot do without. */
  readonly needs: {
    readonly forget?: true;
    readonly classifier?: true;
    readonly teacher?: true;
    readonly wrongLabels?: true;
    /** Starts from `model.init`. */
    readonly init?: true;
    /** Updates only parameters whose gradient of the forget loss is at or above the median. */
    readonly saliency?: true;
  };
  /** The loss that a step minimises; `weights` are scalars, as `weights(place)` names them. */
  loss(terms: LossTerms, weights: Readonly<Record<string, Tensor>>): Tensor;
  weights?(place: Place): Readonly<Record<string, number>>;
  /** @throws LabError for settings that do not fit the run */
  session?(bench: Workbench): Session | Promise<Session>;
}
