import { getThreadsCount, setThreadsCount, setWasmPaths, version_wasm } from '@tensorflow/tfjs-backend-wasm';
import { tf } from '../tf';
import { LabError } from '../errors';
import { limitHeap } from '../kernels/limit-heap';
import { readComplex, type WasmBackend } from '../kernels/wasm-backend';
import { isRegistered } from './registered';
import { defaultWasmPaths } from './wasm-files';
import type { EngineOptions } from './types';

export const wasmVersion: string = version_wasm;

type Paths = NonNullable<EngineOptions['wasmPaths']>;
let chosenPaths: Paths | undefined;
let startError: LabError | undefined;

/** Why the engine did not start; TensorFlow.js prints the reason and keeps only that it failed. */
export function wasmStartError(): LabError | undefined {
  return startError;
}

/** Says where the `.wasm` files are and how many threads to start; both count only before the engine starts. */
export function configureWasm({ threads, wasmPaths }: EngineOptions): void {
  if (wasmPaths !== undefined) chosenPaths = wasmPaths;
  if (threads !== undefined) setThreadsCount(threads);
}

/**
 * Replaces the factory that TensorFlow.js registered for its WebAssembly backend by one that finds the files, leaves
 * the process's error handling alone, can read complex tensors and says when its memory is full; so `tf.ready()` gets the
 * same engine as `engine()`.
 */
export function registerWasm(): void {
  if (!isRegistered('wasm')) return;
  const factory = tf.findBackendFactory('wasm');
  if ('wasm' in tf.engine().registry) {
    mend(tf.findBackend('wasm') as unknown as WasmBackend);
    return;
  }
  tf.removeBackend('wasm');
  tf.registerBackend('wasm', () => startWasm(factory as () => Promise<tf.KernelBackend>), 2);
}

function mend(backend: WasmBackend): void {
  readComplex(backend);
  limitHeap(backend);
}

async function startWasm(factory: () => Promise<tf.KernelBackend>): Promise<tf.KernelBackend> {
  const paths = chosenPaths ?? defaultWasmPaths();
  if (paths !== undefined) setWasmPaths(paths, typeof process === 'undefined');
  const restore = keepProcessListeners();
  try {
    const backend = await factory();
    mend(backend as unknown as WasmBackend);
    return backend;
  } catch (cause) {
    startError = new LabError(
      'missing',
      'the WebAssembly engine did not start; most often its .wasm files were not found',
      {
        argument: 'wasmPaths',
        received: paths ?? 'the default of TensorFlow.js',
        hint: "serve the three files of '@tensorflow/tfjs-backend-wasm/dist/*.wasm' and call engine({ wasmPaths: '/folder/' })",
        cause,
      },
    );
    throw startError;
  } finally {
    restore();
  }
}

/**
 * The compiled engine adds handlers that rethrow every uncaught error from its own code, which buries the user's stack
 * under a page of minified source. They are taken away again.
 */
function keepProcessListeners(): () => void {
  if (typeof process === 'undefined' || typeof process.rawListeners !== 'function') return () => undefined;
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => new Set<unknown>(process.rawListeners(event)));
  return () => {
    events.forEach((event, i) => {
      for (const listener of process.rawListeners(event))
        if (!before[i]?.has(listener)) process.removeListener(event, listener as () => void);
    });
  };
}

/** Threads of the running WebAssembly engine: more than one only in a cross-origin isolated page. */
export async function wasmThreads(): Promise<number> {
  const threaded = await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT');
  return threaded === true ? getThreadsCount() : 1;
}
