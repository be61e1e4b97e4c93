import {
  eventLoopBreather,
  tf,
  type Execution,
  type ExecutionChoice,
  type Key,
  type Tensor,
} from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { treeLeaves } from '@lab/tensor-core/tree';

/** What every long training here takes. */
export interface LoopOptions {
  readonly key: Key;
  /** @default 'auto' */
  readonly engine?: ExecutionChoice | undefined;
  /** Threads of compiled steps. @default as `engine({ threads })` */
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((event: LoopEvent) => void) | undefined;
}

export interface LoopEvent {
  /** Steps done, from 1. */
  readonly step: number;
  readonly steps: number;
  /** Loss before the step. */
  readonly loss: number;
}

export interface LoopReport {
  readonly losses: readonly number[];
  readonly steps: number;
  readonly seconds: number;
  readonly engine: Execution;
  readonly warnings: readonly string[];
}

/** Runs steps one after another: progress, abort, and a refusal of losses that are not finite. */
export async function runLoop(
  { key, signal, onStep }: LoopOptions,
  { steps, caller }: { readonly steps: number; readonly caller: string },
  step: (index: number) => number,
): Promise<Pick<LoopReport, 'losses' | 'seconds'>> {
  if (!(Number.isInteger(steps) && steps >= 1))
    throw new LabError('argument', `${caller}: steps is a count of at least 1`, {
      argument: 'steps',
      received: steps,
    });
  if ((key as Key | undefined)?.length !== 2)
    throw new LabError('argument', `${caller}: a key is required`, {
      argument: 'key',
      received: JSON.stringify(key),
    });
  const started = performance.now();
  const breathe = eventLoopBreather();
  const losses: number[] = [];
  for (let index = 0; index < steps; index++) {
    if (signal?.aborted) throw new LabError('aborted', `${caller}: stopped after ${index} of ${steps} steps`);
    const loss = step(index);
    if (!Number.isFinite(loss))
      throw new LabError('numeric', `${caller}: the loss of step ${index + 1} is ${loss}`, {
        argument: 'loss',
        received: String(loss),
        hint: 'lower the learning rates, or look for NaN in the data',
      });
    losses.push(loss);
    onStep?.({ step: index + 1, steps, loss });
    await breathe();
  }
  return { losses, seconds: (performance.now() - started) / 1000 };
}

/** Calls a function and says how to free the tensors that it made. */
export function withMade<T>(make: () => T): { readonly value: T; readonly free: () => void } {
  const newest = tf.scalar(0);
  const before = newest.id;
  newest.dispose();
  const value = make();
  const made = treeLeaves<unknown>(value as never).filter(
    (leaf): leaf is Tensor => leaf instanceof tf.Tensor && leaf.id > before,
  );
  return { value, free: () => tf.dispose(made) };
}
