import {
  adamw,
  chain,
  clipByGlobalNorm,
  cloneTree,
  disposeTree,
  engine as startEngine,
  eventLoopBreather,
  executionDefault,
  tf,
  trainer,
  type Tensor,
  type Trainer,
} from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn, split, type Key } from '@lab/tensor-core/random';
import { treeSelect, treeUpdate, type Tree } from '@lab/tensor-core/tree';
import type { Place, Preparation, Prepared, ProjectionLog } from '../methods/types';
import { addFree, flatModel, type FlatModel, type Free } from '../model/flat-model';
import { lossOf } from '../model/losses';
import type { UnlearnModel } from '../model/types';
import { batchPlan } from './batches';
import { checkRun } from './check';
import { overlapWarnings } from './overlap';
import { stepData, type StepData } from './step-data';
import { stepLoss, type StepInputs } from './step-loss';
import type { UnlearnOptions, UnlearnResult } from './options';
import { workbench } from './workbench';

/**
 * Unlearns: from parameters that fit retained and forgotten data alike, towards the model of least complexity that fits
 * the retained data. All methods go the same way: AdamW steps on an effective loss, and what the method does beside them.
 * Approximate: there is no certified guarantee except for the exact solvers; checkpoints and optimiser states of the
 * original training leak what was to be forgotten just the same.
 *
 * @throws LabError `argument` or `shape` for options and data that do not fit, `numeric` for NaN or a loss that is not
 * finite, `aborted` when `signal` fired
 * @example
 * const { params } = await unlearn(model, {
 *   params: trained, retain, task: 'classification', method: minNormOG(), epochs: 5, key: key(0),
 * });
 */
export async function unlearn<Params>(
  model: UnlearnModel<Params>,
  options: UnlearnOptions<Params>,
): Promise<UnlearnResult<Params>> {
  const { method, epochs, signal, onDivergence = 'throw' } = options;
  const throwIfAborted = (step: number): void => {
    if (signal?.aborted) throw new LabError('aborted', `unlearn: stopped after ${step} steps`);
  };
  throwIfAborted(0);
  if (!tf.getBackend()) await startEngine();
  const started = performance.now();
  const flat = await flatModel(model, options.params, options.trainable);
  await checkRun(options, (x) => flat.apply(flat.free, x));
  const keys = split(options.key, 4) as [Key, Key, Key, Key];
  const plan = batchPlan(
    keys[0],
    { retain: options.retain.x.shape[0], forget: options.forget?.x.shape[0] ?? 0 },
    options.batchSize,
  );
  const { stepsPerEpoch } = plan;
  const steps = epochs * stepsPerEpoch;
  const loss = options.loss ?? lossOf(options.task, options.clampLogits);
  const bench = workbench(flat, options, { loss, stepsPerEpoch });
  const warnings: string[] = [];
  const losses: number[] = [];
  const projections: ProjectionLog[] = [];
  let data: StepData | undefined;
  let training: Trainer<Free, StepInputs> | undefined;
  let aborted: string | undefined;
  const breathe = eventLoopBreather();

  try {
    const session = await method.session?.(bench);
    data = await stepData(flat, options, { plan, bench, key: keys[1], loss });
    warnings.push(...data.warnings, ...(await overlapWarnings(options.retain, options.forget)));
    training = await startTraining(model, flat, options, { loss, steps, key: keys[2], warnings });
    const prepared = async (
      hook: ((at: Preparation) => Promise<Prepared>) | undefined,
      place: Place,
      batch: Pick<StepInputs, 'retain' | 'forget'>,
    ): Promise<Prepared> => {
      if (!hook) return {};
      const found = await training!.look(({ params }) =>
        hook({ place, key: foldIn(keys[3], place.step), free: params, ...batch }),
      );
      if (found.projection) projections.push(found.projection);
      return found;
    };

    let step = 0;
    for (; step < steps; step++) {
      const place = placeOf(step, { epochs, stepsPerEpoch });
      const batch = data.batch(step);
      let beside: Prepared = {};
      let value: number;
      const weights = weightTensors(method.weights?.(place) ?? {});
      try {
        beside = await prepared(session?.prepare?.bind(session), place, batch);
        const { displacement, gradient } = beside;
        value = await training.step(
          { ...batch, weights, ...(displacement && { displacement }), ...(gradient && { gradient }) },
          foldIn(keys[2], step),
        );
      } finally {
        data.free(batch);
        disposeTree([weights, beside.displacement ?? [], beside.gradient ?? []]);
      }
      if (!Number.isFinite(value)) {
        const message = `${method.name}: the loss of epoch ${place.epoch + 1}, batch ${place.stepInEpoch + 1} is ${value}`;
        if (onDivergence === 'throw')
          throw new LabError('numeric', message, { hint: 'lower the learning rate, or set clipNorm' });
        training.undo();
        aborted = message;
        break;
      }
      losses.push(value);
      options.onStep?.({ ...place, steps, loss: value });
      await breathe();
      throwIfAborted(step + 1);
    }

    const last = training.state();
    disposeTree({ ...last, params: [] });
    let free = last.params;
    if (session?.finish && aborted === undefined) {
      const batch = data.batch(steps - 1);
      const { displacement } = await prepared(
        session.finish.bind(session),
        placeOf(steps, { epochs, stepsPerEpoch }),
        batch,
      );
      data.free(batch);
      if (displacement) {
        const moved = addFree(free, displacement);
        disposeTree([free, displacement]);
        free = moved;
      }
    }
    return {
      params: withClones(options.params, free),
      method: method.name,
      losses,
      projections,
      steps: step,
      seconds: (performance.now() - started) / 1000,
      engine: training.engine,
      warnings,
      ...(aborted !== undefined && { aborted }),
    };
  } finally {
    training?.dispose();
    data?.dispose();
    bench.dispose();
  }
}

/** Tracing costs what this many steps of a small network do. */
const fewestCompiled = 50;

async function startTraining<Params>(
  model: UnlearnModel<Params>,
  flat: FlatModel<Params>,
  options: UnlearnOptions<Params>,
  run: {
    readonly loss: NonNullable<UnlearnOptions<Params>['loss']>;
    readonly steps: number;
    readonly key: Key;
    readonly warnings: string[];
  },
): Promise<Trainer<Free, StepInputs>> {
  const { method, learningRate = 1e-3, weightDecay = 0.01, clipNorm, engine = 'auto' } = options;
  const plain = options.optimizer ?? adamw({ learningRate, weightDecay });
  const isChoice = engine === 'auto' && executionDefault() === 'auto';
  const start = method.needs.init ? freshParams(model, flat, run.key) : flat.free;
  try {
    return await trainer<Free, StepInputs>({
      params: start,
      optimizer: clipNorm === undefined ? plain : chain(clipByGlobalNorm(clipNorm), plain),
      loss: stepLoss(flat, method, { loss: run.loss, clamp: options.clampLogits }),
      engine: isChoice && run.steps < fewestCompiled ? 'eager' : engine,
      threads: options.threads,
      onNotice: (message) => run.warnings.push(message),
      around: (advance) => (state, inputs, key, scalars) => {
        const { displacement, mask } = inputs;
        const params = displacement ? addFree(state.params, displacement) : state.params;
        const { state: next, loss } = advance({ ...state, params }, inputs, key, scalars);
        if (!mask) return { state: next, loss };
        // Chosen and not multiplied, so that what is masked stays the same in every bit.
        const chosen = Object.entries(next.params).map(([path, leaf]) => [
          path,
          tf.where(tf.greater(mask[path]!, 0.5), leaf, params[path]!),
        ]);
        return { state: { ...next, params: Object.fromEntries(chosen) as Free }, loss };
      },
    });
  } finally {
    if (start !== flat.free) disposeTree(start);
  }
}

function freshParams<Params>(model: UnlearnModel<Params>, { free }: FlatModel<Params>, key: Key): Free {
  if (!model.init)
    throw new LabError('argument', 'unlearn: retraining needs model.init', { argument: 'model' });
  const fresh = model.init(key);
  const kept = treeSelect<Tensor>(fresh as Tree<Tensor>, Object.keys(free));
  const own = cloneTree(kept);
  disposeTree(fresh);
  return own;
}

function placeOf(step: number, { epochs, stepsPerEpoch }: { epochs: number; stepsPerEpoch: number }): Place {
  return {
    step,
    epochs,
    stepsPerEpoch,
    epoch: Math.floor(step / stepsPerEpoch),
    stepInEpoch: step % stepsPerEpoch,
  };
}

const weightTensors = (weights: Readonly<Record<string, number>>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(weights).map(([name, value]) => [name, tf.scalar(value)]));

/** The whole tree with these leaves; the others are clones, so that all of it is the caller's. */
function withClones<Params>(params: Params, free: Free): Params {
  const all = treeSelect<Tensor>(params as Tree<Tensor>);
  const fixed = Object.entries(all).filter(([path]) => !(path in free));
  return treeUpdate(params, {
    ...free,
    ...Object.fromEntries(fixed.map(([path, leaf]) => [path, tf.clone(leaf)])),
  });
}
