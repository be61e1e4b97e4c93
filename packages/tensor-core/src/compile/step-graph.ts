import { LabError } from '../errors';
import { type Tensor } from '../tf';
import { sameShape } from './graph/graph';
import { packState, type StateSlot } from './graph/pack';
import type { NamedValue, Value } from './graph/types';
import { traceProgram, type Draw } from './program';
import { createSession, type Session } from './runtime/session';
import type { StateType } from './state-types';

/** A compiled step for inputs of one signature. */
export interface StepGraph {
  readonly session: Session;
  readonly slots: readonly StateSlot[];
  /** The inputs beside the state: tensors first, then draws. */
  readonly inputs: readonly NamedValue[];
  readonly draws: readonly Draw[];
  readonly outputs: readonly { readonly value: Value; readonly dtype: Tensor['dtype'] }[];
  readonly rebuild: (tensors: readonly Tensor[]) => unknown;
}

export interface BuildStepOptions<State> {
  readonly threads: number | undefined;
  readonly keyInputs: readonly number[];
  readonly rebuildState: (tensors: readonly Tensor[]) => State;
}

/** Traces a step, lays its state out, and starts a session for it. */
export function buildStep<State>(
  step: (state: State, ...inputs: any[]) => { readonly state: State; readonly output: unknown },
  types: readonly StateType[],
  inputs: readonly unknown[],
  { threads, keyInputs, rebuildState }: BuildStepOptions<State>,
): StepGraph {
  const { trace, draws, rebuild } = traceProgram(
    (tensors: readonly Tensor[], ...rest: unknown[]) => step(rebuildState(tensors), ...rest),
    [types.map(({ leaf }) => leaf), ...inputs],
    keyInputs.map((position) => position + 1),
  );
  const states = trace.outputs.filter(({ path }) => isUnder(path, 'state'));
  const outputs = trace.outputs.filter(({ path }) => !isUnder(path, 'state'));
  assertStructure(types, states);
  const before = trace.inputs.slice(0, types.length).map(({ value }) => value);
  const others = trace.inputs.slice(types.length);
  const packed = packState(
    before.map((value, i) => ({ before: value, after: states[i]!.value })),
    others.map(({ value }) => value),
    outputs.map(({ value }) => value),
  );
  const newInputs = others.map(({ name }, i) => ({ name, value: packed.inputs[i]! }));
  const session = createSession(
    {
      name: 'step',
      inputs: [...packed.slots.map((slot, i) => ({ name: `state${i}`, value: slot.before })), ...newInputs],
      outputs: [
        ...packed.slots.map((slot, i) => ({ name: `next${i}`, value: slot.after })),
        ...packed.outputs.map((value, i) => ({ name: `y${i}`, value })),
      ],
    },
    { threads },
  );
  return {
    session,
    slots: packed.slots,
    inputs: newInputs,
    draws,
    outputs: outputs.map(({ dtype }, i) => ({ value: packed.outputs[i]!, dtype })),
    rebuild: (tensors) => {
      const empty = states.map(() => undefined as unknown as Tensor);
      // In visiting order `output` comes before `state`.
      return (rebuild([...tensors, ...empty]) as { readonly output: unknown }).output;
    },
  };
}

function isUnder(path: string, name: string): boolean {
  return path === name || path.startsWith(`${name}.`);
}

function assertStructure(
  types: readonly StateType[],
  states: readonly { readonly path: string; readonly value: Value; readonly dtype: string }[],
): void {
  types.forEach(({ path, shape, dtype }, i) => {
    const found = states[i];
    const expected = path === '' ? 'state' : `state.${path}`;
    if (found?.path === expected && sameShape(found.value.shape, shape) && found.dtype === dtype) return;
    throw new LabError(
      'shape',
      'compileStep: the step must give a state of the same structure, shapes and types',
      {
        argument: expected,
        expected: { shape, dtype },
        received: found ? { path: found.path, shape: found.value.shape, dtype: found.dtype } : 'nothing',
      },
    );
  });
  if (states.length > types.length)
    throw new LabError('shape', 'compileStep: the step gives a state with more leaves than it got', {
      received: states[types.length]!.path,
    });
}
