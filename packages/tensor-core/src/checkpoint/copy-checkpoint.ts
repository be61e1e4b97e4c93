import { LabError } from '../errors';
import { hostArray, isHostArray, type HostArray, type HostDType } from '../io/host-array';
import { treeFlatten, treeMap, type Tree } from '../tree';
import type { Checkpoint } from './store';

/**
 * Refuses a checkpoint that would not come back as it is: a step that is no whole number, a leaf that is no host array,
 * JSON with NaN, infinities, functions or class instances.
 */
export function checkCheckpoint({ step, trees, json }: Checkpoint): void {
  if (!Number.isSafeInteger(step) || step < 0)
    throw new LabError('argument', 'checkpoint: step is a whole number from 0', {
      argument: 'step',
      received: String(step),
    });
  for (const [path, leaf] of treeFlatten(trees as Tree<unknown>))
    if (!isHostArray(leaf))
      throw new LabError('argument', 'checkpoint: every leaf of a tree is a host array', {
        argument: `trees.${path}`,
        received: leaf === null ? 'null' : typeof leaf,
        hint: 'read tensors with fromTensor, wrap typed arrays with hostArray',
      });
  checkJson(json, 'json');
}

function checkJson(value: unknown, path: string): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number' && Number.isFinite(value)) return;
  if (Array.isArray(value)) {
    value.forEach((item, i) => checkJson(item, `${path}.${i}`));
    return;
  }
  if (typeof value === 'object' && isPlain(value)) {
    for (const [name, item] of Object.entries(value))
      if (item !== undefined) checkJson(item, `${path}.${name}`);
    return;
  }
  throw new LabError('argument', 'checkpoint: json holds what JSON cannot carry', {
    argument: path,
    received: typeof value === 'number' ? String(value) : Object.prototype.toString.call(value),
    expected: 'finite numbers, strings, booleans, null, arrays and plain objects',
  });
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The same checkpoint over memory of its own. */
export function copyCheckpoint(checkpoint: Checkpoint): Checkpoint {
  checkCheckpoint(checkpoint);
  return {
    step: checkpoint.step,
    trees: treeMap(copyArray, checkpoint.trees),
    json: JSON.parse(JSON.stringify(checkpoint.json)) as Record<string, unknown>,
  };
}

function copyArray<D extends HostDType>({ shape, dtype, data }: HostArray<D>): HostArray<D> {
  return hostArray({ shape, dtype, data: data.slice() as typeof data });
}
