import { reshape } from './arrange';
import { createGraph, sizeOf } from './graph';
import { laneBuilder, laneKey } from './lanes';
import { choosePacks } from './pack-choice';
import { replay } from './replay';
import type { Value } from './types';

/** One leaf of a state: what it is before a step and what after. */
export interface StateLeaf {
  readonly before: Value;
  readonly after: Value;
}

/** One buffer of a packed state: some leaves laid end to end, or one leaf alone. */
export interface StateSlot {
  readonly before: Value;
  readonly after: Value;
  /** Positions of its leaves, in the order in which they lie. */
  readonly leaves: readonly number[];
}

export interface PackedState {
  readonly slots: readonly StateSlot[];
  /** The other inputs and outputs in the new graph. */
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

/**
 * Lays the leaves of a state that are updated in the same manner end to end, and computes their updates as one. Where
 * leaf i becomes f(leaf i, x_i, ...) for an elementwise f common to all, the pack becomes f(pack, x, ...) with x the
 * x_i laid end to end.
 */
export function packState(
  state: readonly StateLeaf[],
  inputs: readonly Value[],
  outputs: readonly Value[],
): PackedState {
  const g = createGraph();
  const given = new Map<Value, Value>();
  const newInputs = inputs.map((value) => {
    const made = g.input(inputName(value), value);
    given.set(value, made);
    return made;
  });
  const packs = choosePacks(state);
  const slots = packs.map((leaves, i) => {
    const own = leaves.map((at) => state[at]!.before);
    const total = own.reduce((sum, value) => sum + sizeOf(value), 0);
    const only = own[0]!;
    if (own.length === 1) {
      const before = g.input(`state${i}`, only);
      given.set(only, before);
      return { leaves, before };
    }
    const before = g.input(`state${i}`, { shape: [total], dtype: 'float32' });
    const types = own.map((value) => ({ shape: [sizeOf(value)], dtype: value.dtype }));
    const parts = g.ops('Split', [before, g.list(own.map(sizeOf))], types, { attributes: { axis: 0 } });
    own.forEach((value, k) => given.set(value, reshape(g, parts[k]!, value.shape)));
    return { leaves, before };
  });
  const copy = replay(g, given);
  const lanes = laneBuilder(
    g,
    copy,
    new Map(slots.map(({ leaves, before }) => [laneKey(leaves.map((at) => state[at]!.before)), before])),
  );
  return {
    inputs: newInputs,
    outputs: outputs.map(copy),
    slots: slots.map(({ leaves, before }) => {
      const after = leaves.map((at) => state[at]!.after);
      return { leaves, before, after: leaves.length === 1 ? copy(after[0]!) : lanes(after) };
    }),
  };
}

function inputName({ source }: Value): string {
  return source.kind === 'input' ? source.name : '';
}
