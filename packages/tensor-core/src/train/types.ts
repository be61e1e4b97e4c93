import type { CheckpointStore } from '../checkpoint/store';
import type { Execution, ExecutionChoice } from '../engine/execution';
import type { EmaOptions, GradientTransformation, OptimizerState } from '../optim';
import type { Key } from '../random';
import type { Tensor } from '../tf';

/** One step, as it is reported. */
export interface FitEvent {
  /** Steps done, from 1 to `steps`. */
  readonly step: number;
  readonly steps: number;
  /** Loss at the parameters before this step. */
  readonly loss: number;
  /** Estimate from the pace since this call began. */
  readonly secondsLeft: number;
  readonly stepsPerSecond: number;
  /** What `evaluate` found, at steps where it ran. */
  readonly metrics?: Metrics;
}

export type Metrics = Readonly<Record<string, number>>;

export interface Evaluation {
  /** Steps done. */
  readonly step: number;
  readonly metrics: Metrics;
}

/** What an evaluation may look at. Tensors are the training's: read them, do not dispose of them. */
export interface EvaluateInfo<Params> {
  /** Steps done. */
  readonly step: number;
  /** Randomness of this evaluation alone. */
  readonly key: Key;
  /** The averaged parameters, with `ema`. */
  readonly average: Params | undefined;
}

export interface FitOptions<Params, Batch> {
  /** Parameters to start from; they stay the caller's and are not changed. */
  readonly params: Params;
  /** For example `chain(clipByGlobalNorm(1), adamw({ learningRate: 3e-4 }))`. */
  readonly optimizer: GradientTransformation;
  /** A scalar, differentiable in the parameters and pure: what it draws, it draws from `key`. */
  readonly loss: (params: Params, batch: Batch, key: Key) => Tensor;
  /**
   * The batch of a step (from 0): any tree of tensors, drawn from `step` and `key` alone, so that a resumed run sees
   * the same data. Tensors made in the call are freed after the step, older ones stay the caller's.
   */
  readonly batches: (step: number, key: Key) => Batch | Promise<Batch>;
  /** Steps in all, counting those before a resume: a whole number from 0. */
  readonly steps: number;
  /** The batches, losses and evaluations of a run are drawn from it. */
  readonly key: Key;
  /** Stops after the current step with a `LabError` `aborted`; with `checkpoint`, what was reached is saved first. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each step. */
  readonly onStep?: ((event: FitEvent) => void) | undefined;
  /** Where to save to and resume from. @default nowhere */
  readonly checkpoint?: CheckpointStore | undefined;
  /** Steps between checkpoints, at least 1; there is always one at the end. @default 500 */
  readonly checkpointEvery?: number | undefined;
  /** Averages the parameters. @default no average */
  readonly ema?: EmaOptions | undefined;
  /** Measures the parameters, for example on held-out data. */
  readonly evaluate?:
    ((params: Params, info: EvaluateInfo<Params>) => Metrics | Promise<Metrics>) | undefined;
  /** Steps between evaluations, at least 1; there is always one at the end. @default steps */
  readonly evaluateEvery?: number | undefined;
  /**
   * How steps are computed: op by op (`eager`), or as one graph in ONNX Runtime (`compiled`), several times faster and
   * equal up to rounding. `auto` compiles runs of at least 50 steps where onnxruntime-node is installed, and falls back
   * to eager for a loss that cannot be compiled, which the result's `warnings` say.
   *
   * @default 'auto', that is as `engine({ execution })` says
   */
  readonly engine?: ExecutionChoice | undefined;
  /** Threads of compiled steps, at least 1. @default as `engine({ threads })`, otherwise all cores, and one for little work */
  readonly threads?: number | undefined;
}

/** Where a training ended. The tensors belong to the caller. */
export interface FitResult<Params> {
  readonly params: Params;
  /** The averaged parameters, with `ema`. */
  readonly average: Params | undefined;
  readonly optimizerState: OptimizerState;
  /** Steps done in all. */
  readonly steps: number;
  /** The loss of every step, those before a resume too. */
  readonly losses: readonly number[];
  readonly evaluations: readonly Evaluation[];
  /** Wall-clock time of this call. */
  readonly seconds: number;
  /** Steps that were done before this call; 0 unless it resumed. */
  readonly resumedFrom: number;
  /** How the steps were computed. */
  readonly engine: Execution;
  /** What the checkpoint store had to pass over, and why a run was not compiled. */
  readonly warnings: readonly string[];
}
