import { LabError } from '../errors';
import { tf, type Scalar, type Tensor } from '../tf';
import { tidyTree } from '../tree-tensor';
import { treeFlatten, treeSelect, treeUnflatten, type PathRecord, type Tree } from '../tree';
import type { GradientTransformation, OptimizerState } from './types';

type Slot = Tensor | number;

/** What the update of one leaf sees. */
export interface LeafStep<Name extends string> {
  readonly path: string;
  readonly grad: Tensor;
  readonly slots: Readonly<Record<Name, Slot>>;
  /** The parameter; absent when the caller passed none. */
  readonly param: Tensor | undefined;
  /** Updates before this one, of the transformation as a whole. */
  readonly count: number;
  /** A number as a tensor, made once a step: an op on a plain number uploads it each time. */
  readonly constant: (value: number) => Scalar;
}

export interface LeafRule<Name extends string> {
  /** What is remembered of one parameter. */
  init(param: Tensor): Record<Name, Slot>;
  update(step: LeafStep<Name>): { readonly update: Tensor; readonly slots: Record<Name, Slot> };
}

/**
 * A transformation that treats every leaf alike and alone. Its state is `{ count, slot: tree, ... }`; a leaf finds
 * what is remembered of it by its path, never by its position.
 */
export function leafwise<Name extends string>(
  names: readonly Name[],
  rule: LeafRule<Name>,
): GradientTransformation {
  return {
    init(params) {
      const made = treeFlatten(params as Tree<Tensor>).map(([, param]) => rule.init(param));
      const slots = names.map((name) => [
        name,
        treeUnflatten(
          params,
          made.map((slot) => slot[name]),
        ),
      ]);
      return { count: 0, ...Object.fromEntries(slots) } as OptimizerState;
    },
    update(grads, state, params) {
      return tidyTree(() => {
        const { count, ...rest } = state as { readonly count: number };
        const trees = rest as Readonly<Record<string, Tree<Slot>>>;
        const slots = names.map((name) => treeSelect<Slot>(trees[name]!));
        const known = params === undefined ? {} : treeSelect<Tensor>(params as Tree<Tensor>);
        const constants = new Map<number, Scalar>();
        const constant = (value: number): Scalar => {
          const scalar = constants.get(value) ?? tf.scalar(value);
          constants.set(value, scalar);
          return scalar;
        };
        const next: PathRecord<Slot>[] = names.map(() => ({}));
        const updates = treeFlatten(grads as Tree<Tensor>).map(([path, grad]) => {
          const own = names.map((name, i) => [name, slotOf(path, grad, slots[i]!)]);
          const { update, slots: after } = rule.update({
            path,
            grad,
            slots: Object.fromEntries(own) as Record<Name, Slot>,
            param: known[path],
            count,
            constant,
          });
          names.forEach((name, i) => (next[i]![path] = after[name]));
          return update;
        });
        const carried = names.map((name, i) => [
          name,
          treeUnflatten(
            trees[name],
            Object.entries(slots[i]!).map(([path, slot]) => next[i]![path] ?? own(slot)),
          ),
        ]);
        return {
          updates: treeUnflatten(grads, updates),
          state: { count: count + 1, ...Object.fromEntries(carried) } as OptimizerState,
        };
      });
    },
  };
}

/** A transformation without memory of any leaf. */
export function stateless(update: <Grads>(grads: Grads, params: unknown) => Grads): GradientTransformation {
  return {
    init: () => ({}),
    update: (grads, state, params) => ({ updates: tidyTree(() => update(grads, params)), state }),
  };
}

function slotOf(path: string, grad: Tensor, slots: Readonly<PathRecord<Slot>>): Slot {
  const slot = Object.hasOwn(slots, path) ? slots[path]! : undefined;
  if (typeof slot === 'number' || (slot && tf.util.arraysEqual(slot.shape, grad.shape))) return slot;
  if (slot)
    throw new LabError('shape', 'optimizer: a gradient has not the shape of its parameter', {
      argument: path === '' ? 'grads' : `grads.${path}`,
      expected: slot.shape,
      received: grad.shape,
    });
  throw new LabError('argument', 'optimizer: a gradient has no state', {
    argument: path === '' ? 'grads' : `grads.${path}`,
    expected: Object.keys(slots).slice(0, 20),
    hint: 'init the optimiser with all the parameters that it is to update',
  });
}

function own(slot: Slot): Slot {
  return typeof slot === 'number' ? slot : tf.clone(slot);
}

/** The parameter of a leaf, for rules that cannot do without. */
export function paramOf({ path, param }: LeafStep<never>, caller: string): Tensor {
  if (param !== undefined) return param;
  throw new LabError('argument', `${caller}: weight decay needs the parameters`, {
    argument: path === '' ? 'params' : `params.${path}`,
    hint: 'call update(grads, state, params)',
  });
}
