import type { CompiledInfo, ExecutionChoice } from './execution';

/** What computes: see {@link engine}. */
export type EngineName = 'wasm' | 'cpu' | 'webgpu' | 'node' | 'node-gpu';

export interface EngineOptions {
  /**
   * Which engine to use. `auto` takes the first that is installed and works, in the order `node-gpu`, `node`,
   * `webgpu`, `wasm`.
   *
   * @default 'auto', or the engine that is already running
   */
  readonly prefer?: EngineName | 'auto';
  /**
   * Threads to compute with, at least 1. For compiled functions they are what is used; for the engine a wish: the
   * WebAssembly engine has one thread in Node and in a page that is not cross-origin isolated, and `EngineInfo.threads`
   * says what it got.
   *
   * @default all cores for compiled functions (one for little work), the engine's own choice otherwise
   */
  readonly threads?: number;
  /**
   * How training and sampling run unless they are told otherwise: op by op on the engine (`eager`), compiled by ONNX
   * Runtime (`compiled`, refused where it cannot be), or `auto`, compiled where it is possible and worth it.
   *
   * @default 'auto'
   */
  readonly execution?: ExecutionChoice;
  /**
   * Where the `.wasm` files are served, needed only where a bundler does not carry them along: a folder (ending in `/`)
   * or one URL for each file name.
   *
   * @default beside `@tensorflow/tfjs-backend-wasm` in Node, beside this module elsewhere
   */
  readonly wasmPaths?: string | Readonly<Record<string, string>>;
}

export interface EngineMemory {
  /** Bytes held by live tensors. */
  readonly bytes: number;
  /** Live tensors. */
  readonly tensors: number;
  /** Size of the WebAssembly heap in bytes; it grows and never shrinks. */
  readonly heapBytes?: number;
}

export interface EngineInfo {
  readonly name: EngineName;
  /** The name that TensorFlow.js gives it, as in `tf.getBackend()`. */
  readonly backend: string;
  /** Version of the engine's package. */
  readonly version: string;
  /** Threads that it computes with: what is so, not what was asked for. */
  readonly threads: number;
  /** Whether 128-bit vector instructions are used; absent where the engine does not tell. */
  readonly simd?: boolean;
  readonly memory: EngineMemory;
  /** How training and sampling run. */
  readonly execution: ExecutionChoice;
  /** ONNX Runtime, which runs what is compiled: version and threads, or why there is none. */
  readonly compiled: CompiledInfo;
  /** Engines that `auto` tried and left, each with the reason. */
  readonly skipped: readonly { readonly name: EngineName; readonly reason: string }[];
}
