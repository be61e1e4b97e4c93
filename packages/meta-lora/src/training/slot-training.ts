import {
  applyUpdates,
  countGrowth,
  countsAlone,
  countsOf,
  disposeTree,
  joinCounts,
  tf,
  tidyTree,
  valueAndGrad,
  withoutCounts,
  type Execution,
  type GradientTransformation,
  type Key,
  type OptimizerState,
  type Tensor,
} from '@lab/tensor-core';
import { foldIn } from '@lab/tensor-core/random';
import { treeLeaves, treeUnflatten, type Tree } from '@lab/tensor-core/tree';
import type { SlotKind } from '../slots';
import { numbersFor } from './scalars';
import { picked, replaced, sliced, stacked, unstacked } from './stacks';
import { stateMachine, type StateMachineOptions } from './state-machine';

/** A scalar loss of the network's parameters on a batch, differentiable and pure: what it draws, it draws from `key`. */
export type Loss<Params, Batch> = (params: Params, batch: Batch, key: Key) => Tensor;

export interface SlotTrainingOptions<Params, Slot, Batch> extends StateMachineOptions {
  readonly params: Params;
  readonly slots: readonly Slot[];
  readonly kind: SlotKind<Slot>;
  readonly loss: Loss<Params, Batch>;
  readonly optimizer: GradientTransformation;
  readonly slotOptimizer: GradientTransformation;
  readonly trainBase: boolean;
}

/** One task's part in a step. */
export interface SlotBatch<Batch> {
  readonly slot: number;
  readonly batch: Batch;
  /** Factor of its loss. */
  readonly weight: number;
}

export interface SlotTraining<Params, Slot, Batch> {
  readonly engine: Execution;
  /** One step on these slots' batches: gradients of the weighted sum of their losses. Returns each batch's loss. */
  step(parts: readonly SlotBatch<Batch>[], key: Key): Float32Array;
  /** Base and slots as copies, which belong to the caller. */
  read(): { readonly params: Params; readonly slots: Slot[]; readonly optimizer: readonly OptimizerState[] };
  dispose(): void;
}

interface State<Params, Slot> {
  readonly params: Params | undefined;
  readonly moments: OptimizerState | undefined;
  readonly slots: Slot;
  readonly slotMoments: OptimizerState;
}

interface Input<Params, Batch> {
  /** The base, where it is frozen. */
  readonly frozen: Params | undefined;
  readonly batches: readonly Batch[];
  /** Which of the step's slots each batch trains. */
  readonly places: readonly number[];
  /** Whether the step has all slots in their order, which costs less than picking them. */
  readonly isWhole: boolean;
  /** `StepNumbers` end to end: one tensor costs less than many. */
  readonly numbers: Tensor;
}

/** What changes from step to step and is a number; as scalar tensors inside of a step. */
interface StepNumbers<Value> {
  readonly base: Tree<Value>;
  /** Factor of each batch's loss. */
  readonly weights: readonly Value[];
  /** The slots of the step, each once. */
  readonly slots: readonly { readonly slot: Value; readonly own: Tree<Value> }[];
}

/**
 * The step of section 3.4: a batch of task t gives gradients to the base and to slot t alone. What a step does not concern stays
 * as it is, moments and counts too, so a task's adapter trains as if it had an optimiser of its own.
 */
export function slotTraining<Params, Slot, Batch>(
  options: SlotTrainingOptions<Params, Slot, Batch>,
): SlotTraining<Params, Slot, Batch> {
  const { params, slots, kind, loss, optimizer, slotOptimizer, trainBase } = options;
  const [first] = slots;
  const made = tidyTree(() => ({
    moments: trainBase ? optimizer.init(params) : undefined,
    slotMoments: slotOptimizer.init(first),
    slots: stacked(slots),
  }));
  const likeSlot = made.slotMoments;
  const initial: State<Params, Slot> = {
    params: trainBase ? params : undefined,
    moments: withoutCounts(made.moments),
    slots: made.slots,
    slotMoments: withoutCounts(tidyTree(() => stacked(slots.map(() => likeSlot)))),
  };
  const skeleton = { base: countsAlone(made.moments), slot: countsAlone(likeSlot) };
  let counts = countsOf(made.moments);
  const slotCounts = slots.map(() => countsOf(likeSlot));
  // The counts of the slots in the step that runs: an eager update reads them, a compiled one gets what follows from them.
  let active: readonly number[][] = [];
  let growth: { base: number[]; slot: number[] } | undefined;
  // The structure of a step's numbers, for the trace.
  let like: StepNumbers<number>;

  const machine = stateMachine<State<Params, Slot>, Input<Params, Batch>, Tensor>(
    (state, input, key) => {
      const scalars = treeUnflatten<unknown>(like, tf.unstack(input.numbers)) as StepNumbers<Tensor>;
      const indices = scalars.slots.map(({ slot }) => tf.reshape(tf.cast(slot, 'int32'), [1]));
      const pick = <T>(stack: T): T[] =>
        input.isWhole ? unstacked(stack, slots.length) : indices.map((index) => picked(stack, index));
      const put = <T>(stack: T, each: readonly T[]): T =>
        input.isWhole ? stacked(each) : each.reduce((all, one, i) => replaced(all, one, indices[i]!), stack);
      const base = (trainBase ? state.params : input.frozen)!;
      const [own, ownMoments] = [pick(state.slots), pick(state.slotMoments)];
      const losses = (trained: {
        readonly base?: Params;
        readonly own: readonly Slot[];
      }): readonly [Tensor, Tensor] => {
        const each = input.batches.map((batch, i) => {
          const [dropping, drawing] = [foldIn(key, 2 * i), foldIn(key, 2 * i + 1)];
          const adapted = kind.apply(trained.base ?? base, trained.own[input.places[i]!]!, dropping);
          return loss(adapted, batch, drawing);
        });
        const weighted = each.map((value, i) => tf.mul(value, scalars.weights[i]!));
        return [weighted.length === 1 ? weighted[0]! : tf.addN(weighted), tf.stack(each)];
      };
      const { aux, grads } = valueAndGrad(losses, { hasAux: true })(trainBase ? { base, own } : { own });

      let { params: nextParams, moments } = state;
      const grown = { base: [] as number[], slot: [] as number[] };
      if (trainBase) {
        const before = joinCounts(state.moments!, skeleton.base, counts);
        const updated = optimizer.update(grads.base!, before, base, scalars.base);
        nextParams = applyUpdates(base, updated.updates);
        moments = withoutCounts(updated.state);
        grown.base = countGrowth(updated.state, counts);
      }
      const next = own.map((slot, i) => {
        const before = joinCounts(ownMoments[i]!, skeleton.slot, active[i]!);
        const updated = slotOptimizer.update(grads.own[i]!, before, slot, scalars.slots[i]!.own);
        grown.slot = countGrowth(updated.state, active[i]!);
        return { slot: applyUpdates(slot, updated.updates), moments: withoutCounts(updated.state) };
      });
      growth = grown;
      return {
        state: {
          params: nextParams,
          moments,
          slots: put(
            state.slots,
            next.map(({ slot }) => slot),
          ),
          slotMoments: put(
            state.slotMoments,
            next.map((each) => each.moments),
          ),
        },
        output: aux,
      };
    },
    initial,
    options,
  );
  disposeTree([made, initial.slotMoments]);

  return {
    get engine() {
      return machine.engine;
    },
    step(parts, key) {
      const used = [...new Set(parts.map(({ slot }) => slot))];
      active = used.map((slot) => slotCounts[slot]!);
      like = {
        base: trainBase
          ? numbersFor(machine, optimizer, joinCounts(skeleton.base, skeleton.base, counts)!)
          : {},
        weights: parts.map(({ weight }) => weight),
        slots: used.map((slot, i) => ({
          slot,
          own: numbersFor(machine, slotOptimizer, joinCounts(skeleton.slot, skeleton.slot, active[i]!)),
        })),
      };
      const numbers = tf.tensor1d(Float32Array.from(treeLeaves<number>(like as never)));
      try {
        const output = machine.run(
          {
            frozen: trainBase ? undefined : params,
            batches: parts.map(({ batch }) => batch),
            places: parts.map(({ slot }) => used.indexOf(slot)),
            isWhole: used.length === slots.length && used.every((slot, i) => slot === i),
            numbers,
          },
          key,
        );
        const losses = output.dataSync().slice() as Float32Array;
        output.dispose();
        counts = counts.map((count, i) => count + growth!.base[i]!);
        for (const slot of used)
          slotCounts[slot] = slotCounts[slot]!.map((count, i) => count + growth!.slot[i]!);
        return losses;
      } finally {
        numbers.dispose();
      }
    },
    read() {
      const state = machine.read();
      const read = {
        params: trainBase ? state.params! : (undefined as Params),
        slots: slots.map((_, t) => sliced(state.slots, t)),
        optimizer: slots.map((_, t) =>
          joinCounts(sliced(state.slotMoments, t), skeleton.slot, slotCounts[t]!),
        ),
      };
      disposeTree([state.moments, state.slots, state.slotMoments]);
      return read;
    },
    dispose: () => machine.dispose(),
  };
}
