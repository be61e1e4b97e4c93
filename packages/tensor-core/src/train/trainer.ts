import {
  chooseExecution,
  executionDefault,
  noticeOnce,
  type Execution,
  type ExecutionChoice,
} from '../engine/execution';
import { isLabError } from '../errors';
import { ema as averaging, type EmaOptions, type GradientTransformation } from '../optim';
import type { Key } from '../random';
import type { Tensor } from '../tf';
import { cloneTree, disposeTree, tidyTree } from '../tree-tensor';
import { eagerTrainer } from './eager-trainer';
import type { TrainState, TrainStep } from './train-step';

export interface TrainerOptions<Params, Batch> {
  /** Parameters to start from; they stay the caller's and are not changed. */
  readonly params: Params;
  readonly optimizer: GradientTransformation;
  /** As in `fit`. */
  readonly loss: (params: Params, batch: Batch, key: Key) => Tensor;
  /** Averages the parameters. @default no average */
  readonly ema?: EmaOptions | undefined;
  /** A state to go on from, instead of the beginning; it stays the caller's. */
  readonly state?: TrainState<Params> | undefined;
  /**
   * How steps are computed: op by op, or compiled to one graph with the state in ONNX Runtime. `auto` compiles where
   * it can.
   *
   * @default 'auto'
   */
  readonly engine?: ExecutionChoice | undefined;
  /** Threads of compiled steps, at least 1. @default as `engine({ threads })`, otherwise all cores, and one for little work */
  readonly threads?: number | undefined;
  /**
   * Puts something around each step, such as a shift of the parameters before it or a mask on what it changes: a pure
   * function of the same inputs, compiled with the step. What it makes is freed, what it returns kept.
   *
   * @default the step alone
   */
  readonly around?: ((step: TrainStep<Params, Batch>) => TrainStep<Params, Batch>) | undefined;
  /** Told why a training that was to be compiled where possible is not. */
  readonly onNotice?: ((message: string) => void) | undefined;
}

/** A training, step by step. It holds its state until it is disposed of. */
export interface Trainer<Params, Batch> {
  readonly engine: Execution;
  /**
   * One step. The batch stays the caller's.
   *
   * @returns the loss at the parameters before the step; where it is not finite, `undo` puts them back
   */
  step(batch: Batch, key: Key): Promise<number>;
  /** Puts back the state before the last step; once after a step. */
  undo(): void;
  /** The state, a copy that belongs to the caller. */
  state(): TrainState<Params>;
  /** Lets a function look at the state, which it must not keep or dispose of. */
  look<Result>(use: (state: TrainState<Params>) => Result | Promise<Result>): Promise<Result>;
  dispose(): void;
}

/**
 * Starts a training that the caller drives, where `fit` is not the loop that is wanted.
 *
 * @throws LabError `missing` when a compiled training is asked for without onnxruntime-node; at the first compiled step
 * `unsupported` for a loss that cannot be compiled
 * @example
 * const training = await trainer({ params, loss, optimizer: adam() });
 * for (let step = 0; step < 100; step++) losses.push(await training.step(batch, foldIn(key, step)));
 * const { params: trained } = training.state();
 * training.dispose();
 */
export async function trainer<Params, Batch>(
  options: TrainerOptions<Params, Batch>,
): Promise<Trainer<Params, Batch>> {
  const { engine = 'auto', onNotice } = options;
  const execution = chooseExecution(engine, onNotice);
  const ema = options.ema && averaging(options.ema);
  const initial = options.state ? cloneTree(options.state) : firstState(options);
  if (execution === 'eager') return eagerTrainer(options, initial, ema);
  try {
    const { compiledTrainer } = await import('./compiled-trainer');
    const isChoice = engine === 'auto' && executionDefault() === 'auto';
    const compiled = compiledTrainer(options, initial, { ema, maxTraces: isChoice ? 4 : 32 });
    return isChoice ? orEager(compiled, (state) => eagerTrainer(options, state, ema), onNotice) : compiled;
  } finally {
    disposeTree(initial);
  }
}

/** Goes on eagerly from where the compiled training stands, once that turns out not to be possible. */
function orEager<Params, Batch>(
  compiled: Trainer<Params, Batch>,
  eager: (state: TrainState<Params>) => Trainer<Params, Batch>,
  onNotice: TrainerOptions<Params, Batch>['onNotice'],
): Trainer<Params, Batch> {
  let current = compiled;
  return {
    get engine() {
      return current.engine;
    },
    async step(batch, key) {
      try {
        return await current.step(batch, key);
      } catch (error) {
        if (current !== compiled || !isLabError(error) || error.code !== 'unsupported') throw error;
        const message = `training eagerly, op by op: ${error.message}`;
        noticeOnce(message);
        onNotice?.(message);
        current = eager(compiled.state());
        compiled.dispose();
        return current.step(batch, key);
      }
    },
    undo: () => current.undo(),
    state: () => current.state(),
    look: (use) => current.look(use),
    dispose: () => current.dispose(),
  };
}

/** The state before the first step. */
export function firstState<Params>({
  params,
  optimizer,
  ema,
}: Pick<TrainerOptions<Params, never>, 'params' | 'optimizer' | 'ema'>): TrainState<Params> {
  // Nothing stays behind when an optimiser or an average refuses its settings.
  return tidyTree(() => ({
    params: cloneTree(params),
    optimizer: optimizer.init(params),
    average: ema && averaging(ema).init(params),
  }));
}
