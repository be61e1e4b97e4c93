import type { DataType } from '@tensorflow/tfjs-core';
import { tf, type Tensor } from '../tf';
import { sizeOf } from './graph/graph';
import type { StateSlot } from './graph/pack';
import type { OrtData, OrtTensor } from './runtime/binding';
import { allocate, type Session } from './runtime/session';

/** The buffers of a state: those that hold it, and those that the next step writes. */
export interface StateMemory {
  readonly slots: readonly StateSlot[];
  current: readonly OrtTensor[];
  spare: readonly OrtTensor[];
}

export function stateMemory(session: Session, slots: readonly StateSlot[]): StateMemory {
  const set = (): OrtTensor[] =>
    slots.map(({ before }) => session.tensor(before, allocate(before.dtype, sizeOf(before))));
  return { slots, current: set(), spare: set() };
}

/** Calls `visit` with the memory of every leaf. */
function eachLeaf(
  { slots, current }: StateMemory,
  sizes: readonly number[],
  visit: (leaf: number, data: OrtData) => void,
): void {
  slots.forEach(({ leaves }, i) => {
    let at = 0;
    for (const leaf of leaves) {
      const size = sizes[leaf]!;
      visit(leaf, current[i]!.data.subarray(at, at + size));
      at += size;
    }
  });
}

/** Copies the numbers of the leaves into the state's memory. */
export function writeState(memory: StateMemory, leaves: readonly OrtData[]): void {
  const sizes = leaves.map(({ length }) => length);
  eachLeaf(memory, sizes, (leaf, data) => (data as Float32Array).set(leaves[leaf] as Float32Array));
}

/** The numbers of the leaves, views of the state's memory. */
export function readState(memory: StateMemory, sizes: readonly number[]): OrtData[] {
  const found: OrtData[] = [];
  eachLeaf(memory, sizes, (leaf, data) => (found[leaf] = data));
  return found;
}

/** A tensor of numbers of the runtime, a copy. */
export function tensorOf(data: OrtData, shape: readonly number[], dtype: DataType): Tensor {
  return tf.tensor(data.slice() as Float32Array, [...shape], dtype);
}
