import type { Checkpoint, CheckpointStore, LoadedCheckpoint } from '../checkpoint/store';
import { LabError } from '../errors';
import { hostArray, type HostArray } from '../io/host-array';
import type { Key } from '../random';
import { treeFlatten, treeSelect, type Tree } from '../tree';
import { loadTree, treeToHost } from '../tree-tensor';
import type { TrainState } from './train-step';
import type { Evaluation } from './types';

/** A training after `step` steps, with its history. */
export interface Progress<Params> {
  readonly step: number;
  readonly state: TrainState<Params>;
  readonly losses: number[];
  readonly evaluations: Evaluation[];
}

/**
 * Saves a training.
 *
 * @throws LabError `numeric`, and leaves the store as it is, when a parameter is not finite
 */
export async function saveProgress<Params>(
  store: CheckpointStore,
  { step, state, losses, evaluations }: Progress<Params>,
  key: Key,
): Promise<void> {
  const { params, optimizer, average } = state;
  const host = (await treeToHost<unknown>({ params, optimizer, ...(average && { average }) })) as Record<
    string,
    Tree<HostArray>
  >;
  for (const [path, array] of treeFlatten<HostArray>(host.params!))
    if (!(array.data as Float32Array).every(Number.isFinite))
      throw new LabError('numeric', `fit: a parameter is not finite after step ${step}; it was not saved`, {
        argument: `params.${path}`,
        hint: 'the checkpoint before it is intact: lower the learning rate or clip the gradients, and resume',
      });
  const history = hostArray({ shape: [losses.length], dtype: 'float64', data: Float64Array.from(losses) });
  const checkpoint: Checkpoint = {
    step,
    trees: { ...host, losses: history },
    json: { kind: 'fit', key, evaluations: evaluations.map(encode) },
  };
  await store.save(checkpoint);
}

/**
 * The training that a checkpoint holds, as new tensors.
 *
 * @throws LabError `argument` when it was drawn from another key or is past `steps`, `format` or `shape` when it is of another network or
 * optimiser
 */
export function restoreProgress<Params>(
  { step, trees, json }: LoadedCheckpoint,
  like: TrainState<Params>,
  { key, steps }: { readonly key: Key; readonly steps: number },
): Progress<Params> {
  if (json.kind !== 'fit' || String(json.key) !== String(key))
    throw new LabError('argument', 'fit: the checkpoint is of another run', {
      argument: 'checkpoint',
      expected: { kind: 'fit', key },
      received: { kind: json.kind, key: json.key },
      hint: 'resume with the key it was started with, or give the new run a store of its own',
    });
  if (step > steps)
    throw new LabError('argument', 'fit: the checkpoint is past the steps asked for', {
      argument: 'steps',
      expected: `at least ${step}`,
      received: steps,
    });
  const { losses, ...saved } = trees;
  const expected = {
    params: like.params,
    optimizer: like.optimizer,
    ...(like.average && { average: like.average }),
  };
  const state = loadTree(expected, treeSelect(saved as Tree<HostArray>));
  return {
    step,
    state: { average: undefined, ...state },
    losses: Array.from((losses as HostArray<'float64'>).data),
    evaluations: (json.evaluations as readonly Encoded[]).map(decode),
  };
}

interface Encoded {
  readonly step: number;
  readonly metrics: Readonly<Record<string, number | string>>;
}

// JSON has no NaN and no infinity; as text they survive.
function encode({ step, metrics }: Evaluation): Encoded {
  const entries = Object.entries(metrics).map(([name, value]) => [
    name,
    Number.isFinite(value) ? value : String(value),
  ]);
  return { step, metrics: Object.fromEntries(entries) as Encoded['metrics'] };
}

function decode({ step, metrics }: Encoded): Evaluation {
  return {
    step,
    metrics: Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, Number(value)])),
  };
}
