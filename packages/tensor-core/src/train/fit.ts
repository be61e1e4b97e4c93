import { executionDefault, type ExecutionChoice } from '../engine/execution';
import { LabError } from '../errors';
import { eventLoopBreather } from '../host/event-loop';
import { foldIn, split, type Key } from '../random';
import { disposeTree } from '../tree-tensor';
import { restoreProgress, saveProgress, type Progress } from './checkpoint';
import { callScoped, withOwned } from './scoped';
import type { TrainState } from './train-step';
import { firstState, trainer } from './trainer';
import type { Evaluation, FitOptions, FitResult } from './types';
import { validateFit } from './validate';

/**
 * Trains parameters: the one training loop. Each step is a pure function of the parameters, the optimiser's state, the
 * batch and a key, and the data of step n depends on `key` and n alone; so a run that was stopped, or killed, and called
 * again with the same `checkpoint` ends with the same weights, bit for bit, as one that was not.
 *
 * @throws LabError `numeric` when a loss is NaN or infinite (the step is named, no checkpoint is touched), `aborted`
 * when `signal` fired, `argument` for settings out of range or a checkpoint of another run
 * @example
 * const { params, losses } = await fit({
 *   params: network.init(key(0)),
 *   optimizer: adam({ learningRate: 1e-3 }),
 *   loss: (p, { x, y }) => tf.mean(tf.squaredDifference(network.apply(p, x), y)),
 *   batches: (step, key) => draw(key),
 *   steps: 1000,
 *   key: key(1),
 * });
 */
export async function fit<Params, Batch>(options: FitOptions<Params, Batch>): Promise<FitResult<Params>> {
  validateFit(options);
  const { batches, steps, key, signal, onStep, checkpoint, evaluate } = options;
  const { checkpointEvery = 500, evaluateEvery = Math.max(steps, 1) } = options;
  throwIfAborted(signal, 0, steps);

  const started = performance.now();
  const loaded = await checkpoint?.load();
  const first = (): TrainState<Params> => firstState(options);
  const start = begin(first, loaded && ((like) => restoreProgress(loaded, like, { key, steps })));
  const { losses, evaluations } = start;
  let { step } = start;
  const resumedFrom = step;
  let saved = loaded ? step : -1;
  const warnings = [...(loaded?.warnings ?? [])];
  const training = await trainer({
    ...options,
    state: start.state,
    engine: executionFor(options.engine, steps),
    onNotice: (message) => warnings.push(message),
  }).finally(() => disposeTree(start.state));
  const breathe = eventLoopBreather();
  const save = async (): Promise<void> => {
    if (!checkpoint || saved === step) return;
    await training.look((state) => saveProgress(checkpoint, { step, state, losses, evaluations }, key));
    saved = step;
  };

  try {
    while (step < steps) {
      const keys = stepKeys(key, step);
      const batch = await withOwned(() => batches(step, keys.batch));
      const value = await training.step(batch.value, keys.loss).finally(() => batch.free());
      if (!Number.isFinite(value)) throw notFinite(value, step + 1, saved);
      losses.push(value);
      step += 1;

      let found: Evaluation | undefined;
      if (evaluate && (step % evaluateEvery === 0 || step === steps)) {
        const at = step;
        const metrics = await training.look(({ params, average }) =>
          callScoped(() => evaluate(params, { step: at, key: keys.evaluation, average: average?.average })),
        );
        found = { step, metrics };
        evaluations.push(found);
      }
      const stepsPerSecond = ((step - resumedFrom) * 1000) / Math.max(performance.now() - started, 1e-3);
      const secondsLeft = (steps - step) / stepsPerSecond;
      onStep?.({
        step,
        steps,
        loss: value,
        secondsLeft,
        stepsPerSecond,
        ...(found && { metrics: found.metrics }),
      });

      if (step === steps || step % checkpointEvery === 0 || signal?.aborted) await save();
      await breathe();
      if (signal?.aborted && step < steps) {
        await save();
        throwIfAborted(signal, step, steps);
      }
    }
    const state = training.state();
    return {
      params: state.params,
      average: state.average?.average,
      optimizerState: state.optimizer,
      steps: step,
      losses,
      evaluations,
      seconds: (performance.now() - started) / 1000,
      resumedFrom,
      engine: training.engine,
      warnings,
    };
  } finally {
    training.dispose();
  }
}

/** Tracing and starting the runtime cost what this many steps of a small network do. */
const fewestCompiled = 50;

function executionFor(asked: ExecutionChoice = 'auto', steps: number): ExecutionChoice {
  return asked === 'auto' && steps < fewestCompiled && executionDefault() === 'auto' ? 'eager' : asked;
}

/** The start of a run, or where a checkpoint left off. */
function begin<Params>(
  first: () => TrainState<Params>,
  restore: ((like: TrainState<Params>) => Progress<Params>) | undefined,
): Progress<Params> {
  const state = first();
  if (!restore) return { step: 0, state, losses: [], evaluations: [] };
  try {
    return restore(state);
  } finally {
    disposeTree(state);
  }
}

/** Randomness of one step, from the run's key and the step's number alone. */
function stepKeys(
  key: Key,
  step: number,
): { readonly batch: Key; readonly loss: Key; readonly evaluation: Key } {
  const [batch, loss, evaluation] = split(foldIn(key, step), 3) as [Key, Key, Key];
  return { batch, loss, evaluation };
}

function throwIfAborted(signal: AbortSignal | undefined, step: number, steps: number): void {
  if (!signal?.aborted) return;
  throw new LabError('aborted', `fit: stopped after ${step} of ${steps} steps`, {
    hint: 'called again with the same checkpoint store it goes on from there',
    cause: signal.reason,
  });
}

function notFinite(value: number, step: number, saved: number): LabError {
  const kept = saved >= 0 ? `; the checkpoint of step ${saved} is intact` : '';
  return new LabError('numeric', `fit: the loss of step ${step} is ${value}`, {
    argument: 'loss',
    received: String(value),
    hint: `lower the learning rate, clip the gradients, or look for a division or logarithm of zero${kept}`,
  });
}
