import type { Execution, ExecutionChoice, GradientTransformation, Key } from '@lab/tensor-core';
import type { RoundOptions } from './rounds';
import type { Loss } from './slot-training';
import type { Task } from './tasks';

export interface RetrainEvent {
  /** Steps done, from 1. */
  readonly step: number;
  /** Epoch, from 0. */
  readonly epoch: number;
  readonly epochs: number;
  /** Part of all steps that is done, in (0, 1]. */
  readonly fraction: number;
  /** Mean loss of the step's batches, before it. */
  readonly loss: number;
}

export interface RetrainOptions<Params, Batch> {
  /** Parameters to start from; they stay the caller's and are not changed. */
  readonly params: Params;
  readonly tasks: readonly Task<Params, Batch>[];
  readonly loss: Loss<Params, Batch>;
  readonly optimizer: GradientTransformation;
  readonly epochs: number;
  readonly key: Key;
  /** Parameters of which epoch are kept: those of the best mean score of the tasks, each with its own slot, or the last. @default 'last' */
  readonly selectBy?: 'last' | 'score';
  readonly balance?: RoundOptions['balance'];
  /** @default 'auto' */
  readonly engine?: ExecutionChoice | undefined;
  /** Threads of compiled steps. @default as `engine({ threads })` */
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((event: RetrainEvent) => void) | undefined;
}

export interface EpochReport {
  readonly epoch: number;
  /** Mean loss of each task's batches over the epoch. */
  readonly losses: readonly number[];
  /** Score of each task, where tasks have one and it was asked for. */
  readonly scores?: readonly number[];
}

export interface RetrainReport {
  readonly tasks: readonly string[];
  readonly epochs: readonly EpochReport[];
  /** Epoch whose parameters were kept. */
  readonly kept: number;
  readonly steps: number;
  readonly seconds: number;
  /** How the steps were computed. */
  readonly engine: Execution;
  /** Trained scalars: of the base, and of all slots. */
  readonly trained: { readonly base: number; readonly slots: number };
  readonly warnings: readonly string[];
}
