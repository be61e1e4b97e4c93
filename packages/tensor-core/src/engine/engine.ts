import { tf } from '../tf';
import { LabError, isLabError } from '../errors';
import { registerGradients } from '../gradients/register';
import type { WasmBackend } from '../kernels/wasm-backend';
import { assertExecution, compiledInfo, executionDefault, setExecution } from './execution';
import { loadNative } from './native';
import { assertSingleCopy } from './single-copy';
import type { EngineInfo, EngineName, EngineOptions } from './types';
import { isRegistered } from './registered';
import { configureWasm, wasmStartError, wasmThreads, wasmVersion } from './wasm';
import { nodeBuiltin } from './wasm-files';

type Running = Omit<EngineInfo, 'memory' | 'execution' | 'compiled'>;

/** The engine is TensorFlow.js's, one a process; this is what we know of it. */
let running: Running | undefined;
let starting: Promise<unknown> = Promise.resolve();

/**
 * Starts the engine that computes, or says which one runs. The first call chooses (the fastest that is installed and
 * works); later calls without `prefer` return the same one; with `prefer` they switch, and tensors move when they are
 * next used.
 *
 * @throws LabError `missing` when the preferred engine is not installed (the message has the command), `unsupported`
 * when it does not work here, `argument` for bad options
 * @example
 * const { name, threads } = await engine(); // 'wasm', 1
 */
export async function engine(options: EngineOptions = {}): Promise<EngineInfo> {
  check(options);
  setExecution(options);
  const start = starting.then(() => choose(options));
  starting = start.catch(() => undefined);
  await start;
  return engineInfo();
}

/**
 * The engine that runs, with its memory now.
 *
 * @throws LabError `missing` before the first `await engine()`
 */
export function engineInfo(): EngineInfo {
  if (running === undefined)
    throw new LabError('missing', 'no engine runs yet', { hint: 'await engine() once, at the start' });
  const { numBytes, numTensors } = tf.memory();
  const backend = tf.backend() as unknown as Partial<WasmBackend>;
  const heapBytes = running.name === 'wasm' ? backend.wasm?.HEAPU8.byteLength : undefined;
  const memory = { bytes: numBytes, tensors: numTensors, ...(heapBytes === undefined ? {} : { heapBytes }) };
  return { ...running, memory, execution: executionDefault(), compiled: compiledInfo() };
}

async function choose(options: EngineOptions): Promise<void> {
  assertSingleCopy();
  const { prefer } = options;
  if (running !== undefined && (prefer === undefined || prefer === running.name)) return;
  if (prefer !== undefined && prefer !== 'auto') {
    running = await starters[prefer](options);
    return;
  }
  if (running !== undefined) return;
  const skipped: { name: EngineName; reason: string }[] = [];
  for (const name of ['node-gpu', 'node', 'webgpu'] as const) {
    try {
      running = { ...(await starters[name](options)), skipped };
      return;
    } catch (error) {
      if (!isLabError(error)) throw error;
      skipped.push({ name, reason: error.message });
    }
  }
  running = { ...(await starters.wasm(options)), skipped };
}

const starters: Record<EngineName, (options: EngineOptions) => Promise<Running>> = {
  'node-gpu': (options) => startNative('node-gpu', options),
  node: (options) => startNative('node', options),
  webgpu: startWebgpu,
  wasm: startWasm,
  cpu: startCpu,
};

async function startNative(name: 'node' | 'node-gpu', { threads }: EngineOptions): Promise<Running> {
  const version = await loadNative(name, threads);
  // Loading it registered the stock gradients over ours.
  registerGradients();
  assertSingleCopy();
  await setBackend(name, 'tensorflow');
  const cores = nodeBuiltin<{ availableParallelism(): number }>('node:os')?.availableParallelism() ?? 1;
  return { name, backend: 'tensorflow', version, threads: threads ?? cores, skipped: [] };
}

async function startWebgpu(): Promise<Running> {
  if (typeof navigator === 'undefined' || !('gpu' in navigator))
    throw new LabError('unsupported', "the engine 'webgpu' needs a browser with WebGPU", {
      argument: 'prefer',
    });
  if (!isRegistered('webgpu'))
    throw new LabError('missing', "the engine 'webgpu' is not loaded", {
      argument: 'prefer',
      hint: "npm install @tensorflow/tfjs-backend-webgpu@~4.22.0 and import '@tensorflow/tfjs-backend-webgpu' before engine()",
    });
  await setBackend('webgpu', 'webgpu');
  return { name: 'webgpu', backend: 'webgpu', version: tf.version_core, threads: 1, skipped: [] };
}

async function startWasm(options: EngineOptions): Promise<Running> {
  configureWasm(options);
  await setBackend('wasm', 'wasm');
  const simd = (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) === true;
  const threads = await wasmThreads();
  return { name: 'wasm', backend: 'wasm', version: wasmVersion, threads, simd, skipped: [] };
}

async function startCpu(): Promise<Running> {
  const { version_cpu } = await import('@tensorflow/tfjs-backend-cpu');
  // It greets on its first tensor and calls itself slow; whoever asks for it by name knows.
  Object.assign(tf.findBackend('cpu') as object, { firstUse: false });
  await setBackend('cpu', 'cpu');
  return { name: 'cpu', backend: 'cpu', version: version_cpu, threads: 1, skipped: [] };
}

async function setBackend(name: EngineName, backend: string): Promise<void> {
  if (await tf.setBackend(backend)) return;
  const cause = name === 'wasm' ? wasmStartError() : undefined;
  if (cause !== undefined) throw cause;
  throw new LabError('unsupported', `the engine '${name}' does not start here`, { argument: 'prefer' });
}

function check({ prefer, threads, execution }: EngineOptions): void {
  if (execution !== undefined) assertExecution(execution);
  const names = ['auto', ...Object.keys(starters)];
  if (prefer !== undefined && !names.includes(prefer))
    throw new LabError('argument', 'engine: there is no such engine', {
      argument: 'prefer',
      received: prefer,
      expected: names.join(' | '),
    });
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1))
    throw new LabError('argument', 'engine: threads must be a whole number of at least 1', {
      argument: 'threads',
      received: threads,
    });
}
