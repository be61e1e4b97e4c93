import {
  chooseExecution,
  cloneTree,
  disposeTree,
  noticeOnce,
  tidyTree,
  type Execution,
  type ExecutionChoice,
  type Key,
} from '@lab/tensor-core';
import { compileStep } from '@lab/tensor-core/compile';
import { isLabError } from '@lab/tensor-core/errors';

export type Step<State, Input, Output> = (
  state: State,
  input: Input,
  key: Key,
) => { readonly state: State; readonly output: Output };

/** A state that steps move on, op by op or compiled. */
export interface StateMachine<State, Input, Output> {
  readonly engine: Execution;
  /** One step; the output's tensors belong to the caller. A step that throws leaves the state as it was. */
  run(input: Input, key: Key): Output;
  /** A copy of the state, which belongs to the caller. */
  read(): State;
  dispose(): void;
}

export interface StateMachineOptions {
  readonly engine?: ExecutionChoice | undefined;
  readonly threads?: number | undefined;
  readonly onNotice?: ((message: string) => void) | undefined;
}

/**
 * Runs a pure step over a state of tensors. `auto` compiles where ONNX Runtime is, and goes on op by op from where the state
 * stands when a step turns out not to be compilable.
 *
 * @param initial copied; it stays the caller's
 */
export function stateMachine<State, Input, Output>(
  step: Step<State, Input, Output>,
  initial: State,
  { engine, threads, onNotice }: StateMachineOptions,
): StateMachine<State, Input, Output> {
  const asked = engine ?? 'auto';
  if (chooseExecution(asked, onNotice) === 'eager') return eager(step, cloneTree(initial));
  const compiled = compileStep<State, [Input, Key], Output>(
    (state, input, key) => step(state, input, key),
    initial,
    { threads, keyInputs: [1], maxTraces: 64 },
  );
  let current: StateMachine<State, Input, Output> = {
    engine: 'compiled',
    run: (input, key) => compiled.run(input, key),
    read: () => compiled.read(),
    dispose: () => compiled.dispose(),
  };
  return {
    get engine() {
      return current.engine;
    },
    run(input, key) {
      try {
        return current.run(input, key);
      } catch (error) {
        if (
          asked !== 'auto' ||
          current.engine === 'eager' ||
          !isLabError(error) ||
          error.code !== 'unsupported'
        )
          throw error;
        const message = `training eagerly, op by op: ${error.message}`;
        noticeOnce(message);
        onNotice?.(message);
        current = eager(step, compiled.read());
        compiled.dispose();
        return current.run(input, key);
      }
    },
    read: () => current.read(),
    dispose: () => current.dispose(),
  };
}

function eager<State, Input, Output>(
  step: Step<State, Input, Output>,
  initial: State,
): StateMachine<State, Input, Output> {
  let state = initial;
  return {
    engine: 'eager',
    run(input, key) {
      const next = tidyTree(() => {
        const made = step(state, input, key);
        // A leaf that a step hands on unchanged is another tensor after it, so that the old state can go.
        return { state: cloneTree(made.state), output: made.output };
      });
      disposeTree(state);
      state = next.state;
      return next.output;
    },
    read: () => cloneTree(state),
    dispose: () => disposeTree(state),
  };
}
