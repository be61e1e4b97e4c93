import { loadRuntime, runtimeVersion } from '../compile/runtime/binding';
import { LabError, isLabError } from '../errors';
import { tf } from '../tf';
import { nodeBuiltin } from './wasm-files';

/** How functions run: op by op on the engine, or compiled as one graph by ONNX Runtime. */
export type Execution = 'eager' | 'compiled';

/** `auto` compiles where ONNX Runtime is there and the engine is one that it outruns. */
export type ExecutionChoice = 'auto' | Execution;

interface Settings {
  execution: ExecutionChoice;
  threads: number | undefined;
}

/** The process's own choice, beside that of TensorFlow.js's engine, which is one a process too. */
const settings: Settings = { execution: 'auto', threads: undefined };

export function setExecution({ execution, threads }: Partial<Settings>): void {
  if (execution !== undefined) settings.execution = execution;
  if (threads !== undefined) settings.threads = threads;
}

/** The process's own choice. */
export function executionDefault(): ExecutionChoice {
  return settings.execution;
}

/** Threads that `engine({ threads })` was told. */
export function requestedThreads(): number | undefined {
  return settings.threads;
}

/** Threads of the runtime when nobody said how many: all cores. */
export function compiledThreads(): number {
  return (
    settings.threads ??
    nodeBuiltin<{ availableParallelism(): number }>('node:os')?.availableParallelism() ??
    1
  );
}

/** What is known of the compiled execution: the runtime's version and threads, or why there is none. */
export type CompiledInfo =
  { readonly version: string; readonly threads: number } | { readonly reason: string };

export function compiledInfo(): CompiledInfo {
  try {
    return { version: runtimeVersion(), threads: compiledThreads() };
  } catch (error) {
    if (!isLabError(error)) throw error;
    return { reason: error.message };
  }
}

/** Engines that an ONNX graph on the processor does not outrun. */
const faster = new Set(['tensorflow', 'webgpu']);

/**
 * Whether to compile. Says once a process, where a process can say something, when `auto` could not.
 *
 * @param asked what the caller wants; `auto` leaves it to `engine({ execution })`
 * @throws LabError `missing` or `unsupported` when compiled is asked for and cannot be had
 */
export function chooseExecution(
  asked: ExecutionChoice = 'auto',
  onNotice?: (message: string) => void,
): Execution {
  assertExecution(asked);
  const choice = asked === 'auto' ? settings.execution : asked;
  if (choice === 'eager') return 'eager';
  if (choice === 'compiled') {
    loadRuntime();
    return 'compiled';
  }
  if (faster.has(tf.getBackend())) return 'eager';
  try {
    loadRuntime();
    return 'compiled';
  } catch (error) {
    if (!isLabError(error)) throw error;
    const message = `running eagerly, op by op: ${error.message}`;
    noticeOnce(message);
    onNotice?.(message);
    return 'eager';
  }
}

const said = new Set<string>();

/** One line on the process's warnings, the first time that it is said; its code names what it is about. */
export function noticeOnce(message: string, code = 'LAB_EAGER'): void {
  if (said.has(message)) return;
  said.add(message);
  if (typeof process !== 'undefined' && typeof process.emitWarning === 'function')
    process.emitWarning(message, { type: 'LabNotice', code });
}

export function assertExecution(choice: unknown): asserts choice is ExecutionChoice {
  if (choice === 'auto' || choice === 'eager' || choice === 'compiled') return;
  throw new LabError('argument', 'there is no such way to run a function', {
    argument: 'engine',
    received: String(choice),
    expected: 'auto | eager | compiled',
  });
}
