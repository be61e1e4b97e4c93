import { LabError } from '../errors';
import { isTensor } from '../host/is-tensor';
import type { Tensor } from '../tf';
import { treeLeaves, treeUnflatten } from '../tree';
import { buildStep, type StepGraph } from './step-graph';
import { numbersOf, outputMemory } from './memory';
import { drawNumbers } from './program';
import type { OrtTensor } from './runtime/binding';
import { callArguments, type CallArguments } from './signature';
import { readState, stateMemory, tensorOf, writeState, type StateMemory } from './state-memory';
import { stateTypes } from './state-types';

export interface CompileStepOptions {
  /** Threads of the runtime, at least 1. @default as `engine({ threads })`, otherwise all cores, and one for little work */
  readonly threads?: number | undefined;
  /** Positions of the inputs (from 0, the state not counted) that are random keys, as in `compile`. @default none */
  readonly keyInputs?: readonly number[];
  /** As in `compile`. @default 32 */
  readonly maxTraces?: number;
}

/** A step whose state stays in the runtime. */
export interface CompiledStep<State, Inputs extends readonly unknown[], Output> {
  /** One step: the state moves on; the tensors of the output are the caller's. When it throws, the state stays. */
  run(...inputs: Inputs): Output;
  /** Puts back the state before the last step; once after a step. */
  undo(): void;
  /** A copy of the state, which belongs to the caller. */
  read(): State;
  /** Frees the runtime's memory. */
  dispose(): void;
}

interface Ready {
  readonly graph: StepGraph;
  readonly memory: StateMemory;
}

/**
 * Compiles a step `(state, ...inputs) => { state, output }` and keeps the state in the runtime's memory between runs:
 * it is copied in once, here, and out when it is read. Two sets of buffers take turns, so that a step which fails, or is
 * undone, leaves the state before it whole.
 *
 * Small float32 tensors that the step treats alike, as an optimiser does, are laid end to end and computed as one, so
 * many small parameters cost no more than one large.
 *
 * @param initial a tree of tensors (leaves may be absent: undefined), which is copied; the step keeps structure, shapes
 * and element types
 * @throws LabError as `compile`; `shape` when the step gives a state of another structure
 * @example
 * const training = compileStep((state, batch) => advance(state, batch), { params, moments });
 * const { loss } = training.run(batch);
 */
export function compileStep<State, Inputs extends readonly unknown[], Output>(
  step: (state: State, ...inputs: Inputs) => { readonly state: State; readonly output: Output },
  initial: State,
  { threads, keyInputs = [], maxTraces = 32 }: CompileStepOptions = {},
): CompiledStep<State, Inputs, Output> {
  const template = treeLeaves<unknown>(initial);
  const types = stateTypes(initial);
  const sizes = types.map(({ shape }) => shape.reduce((a, b) => a * b, 1));
  const graphs = new Map<string, Ready>();
  let numbers = types.map(({ leaf }) => numbersOf(leaf).slice());
  let held: Ready | undefined;
  let undoable = false;
  let disposed = false;

  const readyFor = (inputs: Inputs, given: CallArguments): Ready => {
    const known = graphs.get(given.signature);
    if (known) return known;
    if (graphs.size >= maxTraces)
      throw new LabError(
        'unsupported',
        `compileStep: the step was compiled for ${maxTraces} different inputs already`,
        {
          hint: 'pass numbers that change with every step as tensors, keys through keyInputs; or raise maxTraces',
        },
      );
    const graph = buildStep(step, types, inputs, {
      threads,
      keyInputs,
      rebuildState: (tensors) => fill(initial, template, tensors) as State,
    });
    const made = { graph, memory: stateMemory(graph.session, graph.slots) };
    graphs.set(given.signature, made);
    return made;
  };

  /** The state moves to the buffers of the graph that runs next. */
  const hold = (ready: Ready): void => {
    if (held === ready) return;
    const from = held ? readState(held.memory, sizes) : numbers;
    writeState(ready.memory, from);
    numbers = [];
    held = ready;
    undoable = false;
  };

  const assertOpen = (): void => {
    if (disposed) throw new LabError('argument', 'compileStep: this step has been disposed of');
  };

  return {
    run(...inputs) {
      assertOpen();
      const given = callArguments(inputs, keyInputs);
      const ready = readyFor(inputs, given);
      hold(ready);
      // A step that fails has written over what the one before it could be undone to.
      undoable = false;
      const output = runStep(ready, given) as Output;
      undoable = true;
      return output;
    },
    undo() {
      if (!held || !undoable)
        throw new LabError('argument', 'compileStep: there is no step to be undone', {
          hint: 'undo puts back one step, right after it',
        });
      swap(held.memory);
      undoable = false;
    },
    read() {
      assertOpen();
      const found = held ? readState(held.memory, sizes) : numbers;
      return fill(
        initial,
        template,
        found.map((data, i) => tensorOf(data, types[i]!.shape, types[i]!.dtype)),
      ) as State;
    },
    dispose() {
      disposed = true;
      for (const { graph } of graphs.values()) graph.session.dispose();
      graphs.clear();
      held = undefined;
    },
  };
}

function swap(memory: StateMemory): void {
  [memory.current, memory.spare] = [memory.spare, memory.current];
}

function runStep({ graph, memory }: Ready, { tensors, keys }: CallArguments): unknown {
  const { session, inputs, outputs, slots } = graph;
  const memories = outputs.map(({ value, dtype }) => outputMemory(value, dtype));
  try {
    const feeds: Record<string, OrtTensor> = {};
    const fetches: Record<string, OrtTensor> = {};
    slots.forEach((_, i) => {
      feeds[`state${i}`] = memory.current[i]!;
      fetches[`next${i}`] = memory.spare[i]!;
    });
    const drawn = graph.draws.map((draw) => drawNumbers(draw, keys));
    inputs.forEach(({ name, value }, i) => {
      feeds[name] = session.tensor(
        value,
        i < tensors.length ? numbersOf(tensors[i]!.tensor) : drawn[i - tensors.length]!,
      );
    });
    outputs.forEach(({ value }, i) => (fetches[`y${i}`] = session.tensor(value, memories[i]!.data())));
    session.run(feeds, fetches);
  } catch (error) {
    for (const each of memories) each.free();
    throw error;
  }
  swap(memory);
  return graph.rebuild(memories.map((each) => each.tensor()));
}

/** The tree with these tensors in the places of its own. */
function fill(like: unknown, leaves: readonly unknown[], tensors: readonly Tensor[]): unknown {
  let next = 0;
  return treeUnflatten(
    like,
    leaves.map((leaf) => (isTensor(leaf) ? tensors[next++] : leaf)),
  );
}
