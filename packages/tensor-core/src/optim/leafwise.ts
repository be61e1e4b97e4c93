import { LabError } from '../errors';
import { tf, type Scalar, type Tensor } from '../tf';
import { tidyTree } from '../tree-tensor';
import {
  treeFlatten,
  treeLeaves,
  treeMap,
  treeSelect,
  treeUnflatten,
  type PathRecord,
  type Tree,
} from '../tree';
import type { GradientTransformation, OptimizerState } from './types';

type Slot = Tensor | number;

/** What the update of one leaf sees. */
export interface LeafStep<Name extends string, Num extends string = never> {
  readonly path: string;
  readonly grad: Tensor;
  readonly slots: Readonly<Record<Name, Slot>>;
  /** The parameter; absent when the caller passed none. */
  readonly param: Tensor | undefined;
  /** The rule's numbers as they are at the counts of this step: not to be used where the step is traced. */
  readonly numbers: Readonly<Record<Num, number>>;
  /** The rule's numbers as tensors. */
  readonly scalar: (name: Num) => Tensor;
  /** A fixed number as a tensor, made once a step: an op on a plain number uploads it each time. */
  readonly constant: (value: number) => Scalar;
}

export interface LeafRule<Name extends string, Num extends string = never> {
  /** What is remembered of one parameter. */
  init(param: Tensor): Record<Name, Slot>;
  /**
   * What an update needs that follows from counts alone.
   *
   * @param count updates before this one, of the transformation as a whole
   * @param steps the leaf's own count, where the rule keeps one as the slot `steps`; otherwise 0
   */
  numbers(count: number, steps: number): Record<Num, number>;
  update(step: LeafStep<Name, Num>): { readonly update: Tensor; readonly slots: Record<Name, Slot> };
}

/**
 * A transformation that treats every leaf alike and alone. Its state is `{ count, slot: tree, ... }`; a leaf finds
 * what is remembered of it by its path, never by its position.
 */
export function leafwise<Name extends string, Num extends string = never>(
  names: readonly Name[],
  rule: LeafRule<Name, Num>,
): GradientTransformation {
  const numbersOf = (state: OptimizerState): Record<Num, number>[] => {
    const { count } = state as { readonly count: number };
    return distinctSteps(state).map((steps) => rule.numbers(count, steps));
  };
  return {
    numbers: numbersOf,
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
    update(grads, state, params, given) {
      return tidyTree(() => {
        const { count, ...rest } = state as { readonly count: number };
        const numbers = numbersOf(state);
        const stepsOf = distinctSteps(state);
        const trees = rest as Readonly<Record<string, Tree<Slot>>>;
        const slots = names.map((name) => treeSelect<Slot>(trees[name]!));
        const known = params === undefined ? {} : treeSelect<Tensor>(params as Tree<Tensor>);
        const constants = new Map<number, Scalar>();
        const constant = (value: number): Scalar => {
          const scalar = constants.get(value) ?? tf.scalar(value);
          constants.set(value, scalar);
          return scalar;
        };
        // Made here and not where they are first used, which may be a scope that frees them.
        const scalars =
          (given as readonly Readonly<Record<Num, Tensor>>[] | undefined) ??
          numbers.map((each) => treeMap(constant, each) as unknown as Record<Num, Tensor>);
        const next: PathRecord<Slot>[] = names.map(() => ({}));
        const updates = treeFlatten(grads as Tree<Tensor>).map(([path, grad]) => {
          const entries = names.map((name, i) => [name, slotOf(path, grad, slots[i]!)]);
          const own = Object.fromEntries(entries) as Record<Name, Slot>;
          const group = Math.max(stepsOf.indexOf(stepsIn(own)), 0);
          const ownNumbers = numbers[group]!;
          const { update, slots: after } = rule.update({
            path,
            grad,
            slots: own,
            param: known[path],
            numbers: ownNumbers,
            scalar: (name) => scalars[group]![name],
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

/** The leaves' own counts, each once; leaves of one count share their numbers. */
function distinctSteps(state: OptimizerState): number[] {
  const { steps } = state as { readonly steps?: Tree<number> };
  const found = new Set(steps === undefined ? [] : treeLeaves<number>(steps));
  return found.size === 0 ? [0] : [...found];
}

function stepsIn(slots: Readonly<Record<string, Slot>>): number {
  const { steps = 0 } = slots;
  return typeof steps === 'number' ? steps : 0;
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
export function paramOf({ path, param }: Pick<LeafStep<never>, 'path' | 'param'>, caller: string): Tensor {
  if (param !== undefined) return param;
  throw new LabError('argument', `${caller}: weight decay needs the parameters`, {
    argument: path === '' ? 'params' : `params.${path}`,
    hint: 'call update(grads, state, params)',
  });
}
