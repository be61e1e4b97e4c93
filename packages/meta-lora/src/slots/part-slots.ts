import { tf, treeSelect, treeUpdate, zerosInit, type Initializer, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { split } from '@lab/tensor-core/random';
import type { PathSelector, Tree } from '@lab/tensor-core/tree';
import type { SlotKind } from './slot-kind';

/** Parameters of one's own, by path. */
export type PartSlot = Readonly<Record<string, Tensor>>;

export interface HeadSlotsOptions {
  /** The parameters that each task has of its own, such as `/^head\./`. */
  readonly targets: PathSelector;
  /** First values of matrices; vectors start at 0. @default a copy of the base's */
  readonly init?: Initializer;
}

/**
 * Whole parameters as the tasks' own parts, in place of the base's: an output head for each task (last-layer meta-learning).
 * The base's own values at these places get no gradient.
 */
export function headSlots({ targets, init }: HeadSlotsOptions): SlotKind<PartSlot> {
  return {
    name: 'head',
    init(key, params) {
      const parts = Object.entries(selected(params, targets, 'headSlots'));
      const keys = split(key, parts.length);
      return Object.fromEntries(
        parts.map(([path, part], i) => {
          if (!init) return [path, tf.clone(part)];
          return [path, (part.rank < 2 ? zerosInit : init)(keys[i]!, part.shape)];
        }),
      );
    },
    apply: (params, slot) => treeUpdate(params, slot),
  };
}

/** Offsets of vectors, by default all biases, as the tasks' own parts (BitFit): b + offset, with offsets 0 at first. */
export function biasSlots({
  targets = /(^|\.)bias$/,
}: { readonly targets?: PathSelector } = {}): SlotKind<PartSlot> {
  return {
    name: 'bias',
    init: (_, params) =>
      Object.fromEntries(
        Object.entries(selected(params, targets, 'biasSlots')).map(([path, part]) => [
          path,
          tf.zeros(part.shape),
        ]),
      ),
    apply(params, slot) {
      const base = treeSelect<Tensor>(params as Tree<Tensor>);
      return treeUpdate(
        params,
        Object.fromEntries(Object.entries(slot).map(([path, offset]) => [path, tf.add(base[path]!, offset)])),
      );
    },
  };
}

/** Two kinds at once, such as LoRA in the body and a head of one's own. */
export function bothSlots<A, B>(
  first: SlotKind<A>,
  second: SlotKind<B>,
): SlotKind<{ readonly first: A; readonly second: B }> {
  return {
    name: `${first.name} and ${second.name}`,
    init(key, params) {
      const [a, b] = split(key);
      return { first: first.init(a!, params), second: second.init(b!, params) };
    },
    apply(params, slot, key) {
      const [a, b] = key ? split(key) : [];
      return second.apply(first.apply(params, slot.first, a), slot.second, b);
    },
  };
}

/** No part of one's own: what makes standard retraining of LoRA-ML. */
export function noSlots(): SlotKind<Record<string, never>> {
  return { name: 'none', init: () => ({}), apply: (params) => params };
}

function selected(params: unknown, targets: PathSelector, caller: string): Record<string, Tensor> {
  const parts = treeSelect<Tensor>(params as Tree<Tensor>, targets);
  if (Object.keys(parts).length === 0)
    throw new LabError('argument', `${caller}: no parameter is meant`, {
      argument: 'targets',
      received: String(targets),
      expected: Object.keys(treeSelect<Tensor>(params as Tree<Tensor>)).slice(0, 20),
    });
  return parts;
}
