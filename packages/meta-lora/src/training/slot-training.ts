import {
  applyUpdates,
  disposeTree,
  tf,
  tidyTree,
  valueAndGrad,
  type Execution,
  type GradientTransformation,
  type Key,
  type OptimizerState,
  type Tensor,
} from '@lab/tensor-core';
import { foldIn } from '@lab/tensor-core/random';
import type { SlotKind } from '../slots';
import {
  countsIn,
  growthOf,
  scalarsOf,
  withCounts,
  withNumbers,
  withoutCounts,
  withoutTensors,
} from './counts';
import { picked, replaced, sliced, stacked } from './stacks';
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
  readonly scalars: unknown;
  readonly parts: readonly {
    readonly index: Tensor;
    readonly batch: Batch;
    readonly weight: Tensor;
    readonly scalars: unknown;
  }[];
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
  let counts = countsIn(made.moments);
  const slotCounts = slots.map(() => countsIn(likeSlot));
  // The counts of the slots in the step that runs: an eager update reads them, a compiled one gets what follows from them.
  let active: readonly number[][] = [];
  let growth: { base: number[]; slot: number[] } | undefined;

  const machine = stateMachine<State<Params, Slot>, Input<Params, Batch>, Tensor>(
    (state, input, key) => {
      const base = (trainBase ? state.params : input.frozen)!;
      const own = input.parts.map(({ index }) => picked(state.slots, index));
      const losses = (trained: {
        readonly base?: Params;
        readonly own: readonly Slot[];
      }): readonly [Tensor, Tensor] => {
        const each = input.parts.map(({ batch }, i) => {
          const [dropping, drawing] = [foldIn(key, 2 * i), foldIn(key, 2 * i + 1)];
          const adapted = kind.apply(trained.base ?? base, trained.own[i]!, dropping);
          return loss(adapted, batch, drawing);
        });
        const weighted = each.map((value, i) => tf.mul(value, input.parts[i]!.weight));
        return [weighted.length === 1 ? weighted[0]! : tf.addN(weighted), tf.stack(each)];
      };
      const { aux, grads } = valueAndGrad(losses, { hasAux: true })(trainBase ? { base, own } : { own });

      let { params: nextParams, moments, slots: nextSlots, slotMoments } = state;
      const grown = { base: [] as number[], slot: [] as number[] };
      if (trainBase) {
        const before = withCounts(state.moments!, counts);
        const updated = optimizer.update(grads.base!, before, base, input.scalars);
        nextParams = applyUpdates(base, updated.updates);
        moments = withoutCounts(updated.state);
        grown.base = growthOf(updated.state, counts);
      }
      input.parts.forEach(({ index, scalars }, i) => {
        const ownCounts = active[i]!;
        const before = withCounts(picked(state.slotMoments, index), ownCounts);
        const updated = slotOptimizer.update(grads.own[i]!, before, own[i], scalars);
        nextSlots = replaced(nextSlots, applyUpdates(own[i]!, updated.updates), index);
        slotMoments = replaced(slotMoments, withoutCounts(updated.state), index);
        grown.slot = growthOf(updated.state, ownCounts);
      });
      growth = grown;
      return { state: { params: nextParams, moments, slots: nextSlots, slotMoments }, output: aux };
    },
    initial,
    options,
  );
  disposeTree([made, initial.slotMoments]);
  const skeleton = { base: withoutTensors(made.moments), slot: withoutTensors(likeSlot) };

  return {
    get engine() {
      return machine.engine;
    },
    step(parts, key) {
      active = parts.map(({ slot }) => slotCounts[slot]!);
      const input = tidyTree(() => ({
        scalars: trainBase ? scalarsOf(optimizer, withNumbers(skeleton.base, counts)!) : {},
        parts: parts.map(({ slot, weight }) => ({
          index: tf.tensor1d(Int32Array.of(slot), 'int32'),
          weight: tf.scalar(weight),
          scalars: scalarsOf(slotOptimizer, withNumbers(skeleton.slot, slotCounts[slot]!)),
        })),
      }));
      try {
        const output = machine.run(
          {
            frozen: trainBase ? undefined : params,
            scalars: input.scalars,
            parts: input.parts.map((part, i) => ({ ...part, batch: parts[i]!.batch })),
          },
          key,
        );
        const losses = output.dataSync().slice() as Float32Array;
        output.dispose();
        counts = counts.map((count, i) => count + growth!.base[i]!);
        for (const { slot } of parts)
          slotCounts[slot] = slotCounts[slot]!.map((count, i) => count + growth!.slot[i]!);
        return losses;
      } finally {
        disposeTree(input);
      }
    },
    read() {
      const state = machine.read();
      const read = {
        params: trainBase ? state.params! : (undefined as Params),
        slots: slots.map((_, t) => sliced(state.slots, t)),
        optimizer: slots.map((_, t) => withCounts(sliced(state.slotMoments, t), slotCounts[t]!)),
      };
      disposeTree([state.moments, state.slots, state.slotMoments]);
      return read;
    },
    dispose: () => machine.dispose(),
  };
}
