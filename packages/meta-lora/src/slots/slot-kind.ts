import type { Key } from '@lab/tensor-core';

/**
 * What a task has of its own: how a fresh one is made, and the network's parameters with it worked in. A slot is a tree of
 * tensors, so it trains, saves and loads as any parameters; a kind of one's own needs no more than these functions.
 */
export interface SlotKind<Slot = unknown> {
  readonly name: string;
  /** A fresh slot of these parameters. Its tensors belong to the caller. */
  init(key: Key, params: unknown): Slot;
  /** Parameters of the adapted network; pure and differentiable. `key` draws dropout and is absent outside training. */
  apply<Params>(params: Params, slot: Slot, key?: Key): Params;
}
