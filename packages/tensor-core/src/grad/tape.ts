import type { Tensor } from '../tf';

interface TapeNode {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly outputs: readonly Tensor[];
  readonly saved: readonly Tensor[];
}

/** What TensorFlow.js's engine keeps while it differentiates. */
export interface TapeState {
  /** How many derivatives are nested at this moment. */
  gradientDepth: number;
  activeTape: TapeNode[] | null;
}

/**
 * Puts the tape in the order of computation. An op whose gradient needs its own output (exp, tanh, softmax ...) saves a
 * copy of it, and TensorFlow.js records the copying before the op. The search for what depends on what reads the tape
 * once, so it misses the copy, and second derivatives through it come out wrong without a word.
 */
export function orderTape(state: TapeState): void {
  const tape = state.activeTape ?? [];
  const producer = new Map<number, number>();
  tape.forEach(({ outputs }, i) => {
    for (const { id } of outputs) producer.set(id, i);
  });
  const waiting = new Map<number, TapeNode[]>();
  const ordered: TapeNode[] = [];
  const emit = (node: TapeNode, index: number): void => {
    ordered.push(node);
    for (const copy of waiting.get(index) ?? []) ordered.push(copy);
  };
  tape.forEach((node, i) => {
    const latest = Math.max(-1, ...Object.values(node.inputs).map(({ id }) => producer.get(id) ?? -1));
    if (latest <= i) emit(node, i);
    else waiting.set(latest, [...(waiting.get(latest) ?? []), node]);
  });
  if (waiting.size > 0) tape.splice(0, tape.length, ...ordered);
}

/** Frees what the tape saved, which TensorFlow.js does only when a backward pass ends well. */
export function freeTape(state: TapeState): void {
  for (const { saved } of state.activeTape ?? []) for (const tensor of saved) tensor.dispose();
  state.activeTape = null;
}
