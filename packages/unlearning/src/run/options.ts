import type { ExecutionChoice, GradientTransformation } from '@lab/tensor-core';
import type { Key } from '@lab/tensor-core/random';
import type { PathSelector } from '@lab/tensor-core/tree';
import type { Place, ProjectionLog, UnlearnMethod } from '../methods/types';
import type { BatchLoss, Samples, Task } from '../model/types';

export interface StepEvent extends Place {
  readonly steps: number;
  /** The method's effective loss before the step. */
  readonly loss: number;
}

export interface UnlearnOptions<Params> {
  /** The trained parameters theta*; they stay the caller's and are not changed. */
  readonly params: Params;
  /** Data to keep, or as much of it as there is: at least one row. */
  readonly retain: Samples;
  /** Data to forget. Some methods need it; with it and `batchSize` its batches set the number of steps. */
  readonly forget?: Samples | undefined;
  readonly task: Task;
  /** For example `minNormOG({ strength: 0.1 })`. */
  readonly method: UnlearnMethod;
  readonly epochs: number;
  /** @default one batch of everything */
  readonly batchSize?: number | undefined;
  /** Of AdamW. @default 1e-3 */
  readonly learningRate?: number | undefined;
  /** Of AdamW, decoupled; a regulariser of every method, as in the paper. @default 0.01 */
  readonly weightDecay?: number | undefined;
  /** In place of AdamW. */
  readonly optimizer?: GradientTransformation | undefined;
  /** Gradients longer than this are shortened to it. @default off */
  readonly clipNorm?: number | undefined;
  /** Mean loss of a batch. @default mean square, or cross-entropy summed over heads */
  readonly loss?: BatchLoss | undefined;
  /** Logits are limited to [-clampLogits, clampLogits] before a loss, not before output gradients. @default off */
  readonly clampLogits?: number | undefined;
  /** Which parameters may change; the theory then holds of that part of the model. @default all */
  readonly trainable?: PathSelector | undefined;
  /** Bytes for rows of gradients, see `projectOut`. @default 1 GiB */
  readonly memoryLimit?: number | undefined;
  /**
   * How the orthogonal component is found: from rows of gradients within `memoryLimit`, or from products with them alone.
   *
   * @default 'gram'
   */
  readonly solver?: 'gram' | 'matrix-free' | undefined;
  /** For regression: random coordinates of an output that give a row each. @default all */
  readonly outputsPerSample?: number | undefined;
  /** A retain loss above this at the start gives a warning: the theory assumes a model that fits its data. @default 0.05 */
  readonly interpolationTolerance?: number | undefined;
  /** What to do when a loss is not finite: refuse, or stop at the step before. @default 'throw' */
  readonly onDivergence?: 'throw' | 'stop' | undefined;
  readonly key: Key;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((event: StepEvent) => void) | undefined;
  /** As in `fit`. @default 'auto' */
  readonly engine?: ExecutionChoice | undefined;
  readonly threads?: number | undefined;
}

export interface UnlearnResult<Params> {
  /** Every leaf is new and belongs to the caller. */
  readonly params: Params;
  readonly method: string;
  /** Effective loss of every step. */
  readonly losses: readonly number[];
  readonly projections: readonly ProjectionLog[];
  readonly steps: number;
  readonly seconds: number;
  readonly engine: 'eager' | 'compiled';
  readonly warnings: readonly string[];
  /** Why the run ended early, with `onDivergence: 'stop'`. */
  readonly aborted?: string;
}
