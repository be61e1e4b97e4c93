import { chooseExecution, executionDefault, noticeOnce, tf, type ExecutionChoice } from '@lab/tensor-core';
import { compile, type Compiled } from '@lab/tensor-core/compile';
import { isLabError } from '@lab/tensor-core/errors';

/**
 * A pure function of tensors that runs op by op at first and compiled once it was called often enough, or as `engine` says. One
 * that cannot be compiled stays op by op, which is said once, unless `compiled` was asked for.
 */
export function compiledWhenWorth<Args extends readonly unknown[], Result>(
  fn: (...args: Args) => Result,
  {
    engine = 'auto',
    after,
    what,
  }: {
    readonly engine?: ExecutionChoice | undefined;
    /** Calls op by op before one is compiled under `auto`: compiling costs about what some calls do. */
    readonly after: number;
    /** Names the function, in the plural. */
    readonly what: string;
  },
) {
  const plain = (...args: Args): Result => tf.tidy(() => fn(...args) as never);
  let compiled: Compiled<Args, Result> | undefined;
  let [calls, isRefused] = [0, false];
  const dispose = (): void => {
    compiled?.dispose();
    compiled = undefined;
  };
  return {
    dispose,
    /** Whether the next call is compiled. */
    isCompiled(): boolean {
      const isChoice = engine === 'auto' && executionDefault() === 'auto';
      if (isChoice && (isRefused || calls < after)) return false;
      return chooseExecution(engine) === 'compiled';
    },
    call(...args: Args): Result {
      const isCompiled = this.isCompiled();
      calls++;
      if (!isCompiled) return plain(...args);
      try {
        return (compiled ??= compile(fn))(...args);
      } catch (error) {
        if (engine !== 'auto' || !isLabError(error) || error.code !== 'unsupported') throw error;
        const result = plain(...args);
        isRefused = true;
        dispose();
        noticeOnce(`${what} run op by op: ${error.message}`);
        return result;
      }
    },
  };
}
