import { LabError } from '../errors';
import { tf, type Tensor } from '../tf';
import { numbersOf, outputMemory } from './memory';
import { drawNumbers, traceProgram, type Program } from './program';
import type { OrtTensor } from './runtime/binding';
import { createSession, type Session } from './runtime/session';
import { callArguments, type CallArguments } from './signature';
import { isTracing } from './trace/trace';
import { sizeOf } from './graph/graph';

export interface CompileOptions {
  /** Threads of the runtime, at least 1. @default as `engine({ threads })`, otherwise all cores, and one for little work */
  readonly threads?: number | undefined;
  /**
   * Positions of the arguments that are random keys. What `randomNormal`, `randomUniform` and `randomTruncatedNormal`
   * draw from them, and from keys split off or folded from them, is drawn anew for every call, the same numbers as
   * without compiling.
   *
   * @default none
   */
  readonly keyArguments?: readonly number[];
  /**
   * How many different shapes and settings may be compiled before the function refuses: a number that changes with
   * every call would otherwise be compiled with every call.
   *
   * @default 32
   */
  readonly maxTraces?: number;
}

/** A compiled function. It holds native memory until it is disposed of or collected. */
export interface Compiled<Args extends readonly unknown[], Result> {
  (...args: Args): Result;
  /** How often the function was traced. */
  readonly traces: number;
  /** Frees the runtime's memory; the function cannot be called afterwards. */
  dispose(): void;
}

interface Ready {
  readonly program: Program;
  readonly session: Session;
}

/**
 * Compiles a pure function of trees of tensors. It is traced once for each signature of its arguments (their structure,
 * shapes and element types, and all numbers, strings and functions in them), then computed by ONNX Runtime as one
 * graph. Gradients and whole optimiser steps inside are part of the graph.
 *
 * The result has the function's own structure; its tensors belong to the caller, and the arguments stay the caller's.
 * Equal to the function itself up to rounding. Tensors that the function reaches other than by its arguments keep the
 * values that they have when it is traced. While a gradient is taken, and inside another compiled function, the function
 * itself is called.
 *
 * @throws LabError `unsupported` when the function reads values of tensors or uses a kernel that has no counterpart (the
 * message names it and its place), or after more traces than allowed; `missing` without onnxruntime-node
 * @example
 * const predict = compile((params, x) => network.apply(params, x));
 * const y = predict(params, x);
 */
export function compile<Args extends readonly unknown[], Result>(
  fn: (...args: Args) => Result,
  { threads, keyArguments = [], maxTraces = 32 }: CompileOptions = {},
): Compiled<Args, Result> {
  const ready = new Map<string, Ready>();
  let disposed = false;
  const call = (...args: Args): Result => {
    if (disposed) throw new LabError('argument', 'compile: this compiled function has been disposed of');
    if (isTracing() || tf.engine().state.gradientDepth > 0) return fn(...args);
    const given = callArguments(args, keyArguments);
    let found = ready.get(given.signature);
    if (!found) {
      if (ready.size >= maxTraces) throw tooManyTraces(maxTraces, given.signature, [...ready.keys()]);
      found = prepare(fn, args, { threads, keyArguments });
      ready.set(given.signature, found);
    }
    return run(found, given) as Result;
  };
  const dispose = (): void => {
    disposed = true;
    for (const { session } of ready.values()) session.dispose();
    ready.clear();
  };
  return Object.defineProperty(Object.assign(call, { dispose }), 'traces', {
    get: () => ready.size,
  }) as unknown as Compiled<Args, Result>;
}

function prepare(
  fn: (...args: any[]) => unknown,
  args: readonly unknown[],
  {
    threads,
    keyArguments,
  }: { readonly threads: number | undefined; readonly keyArguments: readonly number[] },
): Ready {
  const program = traceProgram(fn, args, keyArguments);
  const { inputs, outputs } = program.trace;
  const session = createSession(
    {
      name: fn.name === '' ? 'compiled' : fn.name,
      inputs,
      outputs: outputs.map(({ value }, i) => ({ name: `y${i}`, value })),
    },
    { threads },
  );
  return { program, session };
}

function run({ program, session }: Ready, { tensors, keys }: CallArguments): unknown {
  const memories = program.trace.outputs.map(({ value, dtype }) => outputMemory(value, dtype));
  try {
    const feeds: Record<string, OrtTensor> = {};
    // Views of the heap come after everything that could move it.
    const drawn = program.draws.map((draw) => drawNumbers(draw, keys));
    session.inputs.forEach(({ name, value }, i) => {
      const data = i < tensors.length ? numbersOf(tensors[i]!.tensor) : drawn[i - tensors.length]!;
      feeds[name] = session.tensor(value, data);
    });
    const fetches: Record<string, OrtTensor> = {};
    session.outputs.forEach(({ name, value }, i) => {
      if (sizeOf(value) > 0) fetches[name] = session.tensor(value, memories[i]!.data());
    });
    if (Object.keys(fetches).length > 0) session.run(feeds, fetches);
  } catch (error) {
    for (const memory of memories) memory.free();
    throw error;
  }
  const results: Tensor[] = memories.map((memory) => memory.tensor());
  return program.rebuild(results);
}

function tooManyTraces(most: number, signature: string, known: readonly string[]): LabError {
  const last = known.at(-1) ?? '';
  const at = Array.from(signature).findIndex((letter, i) => letter !== last[i]);
  const from = Math.max(0, at - 30);
  return new LabError(
    'unsupported',
    `compile: the function was compiled for ${most} different signatures already`,
    {
      received: `…${signature.slice(from, at + 20)}…`,
      expected: `…${last.slice(from, at + 20)}…`,
      hint: 'pass numbers that change with every call as tensors (tf.scalar), keys through keyArguments; or raise maxTraces',
    },
  );
}
