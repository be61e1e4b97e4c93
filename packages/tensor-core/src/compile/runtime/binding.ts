import { LabError } from '../../errors';
import { nodeBuiltin } from '../../engine/wasm-files';

export type OrtData = Float32Array | Int32Array | Uint8Array | BigInt64Array;

/** A tensor of the runtime: a view of memory of ours, with a type and a shape. */
export interface OrtTensor {
  readonly data: OrtData;
  readonly dims: readonly number[];
  readonly type: string;
}

type Values = Record<string, OrtTensor>;

/**
 * The runtime's native session. Its `run` computes before it returns, into the tensors of `fetches`, or into memory of its
 * own where there is null.
 */
export interface NativeSession {
  loadModel(buffer: ArrayBufferLike, byteOffset: number, byteLength: number, options: object): void;
  run(feeds: Values, fetches: Readonly<Record<string, OrtTensor | null>>, options: object): Values;
  dispose(): void;
}

/** The parts of `onnxruntime-node` that are used. */
export interface Runtime {
  readonly version: string;
  createSession(): NativeSession;
  tensor(type: string, data: OrtData, dims: readonly number[]): OrtTensor;
}

interface NodeModule {
  readonly createRequire: (from: string) => NodeRequire;
}
type NodeRequire = ((id: string) => unknown) & { resolve(id: string): string };

interface Public {
  readonly Tensor: new (type: string, data: OrtData, dims: readonly number[]) => OrtTensor;
  readonly env: { readonly versions: { readonly node?: string } };
}

/** Reached by a path inside the package, which it does not promise to keep: hence the exact minor version. */
interface Private {
  readonly binding: { readonly InferenceSession: new () => NativeSession };
  readonly initOrt: () => void;
}

/** The minor version whose inner structure this module knows. */
const known = '1.30';
const install = `npm install onnxruntime-node@~${known}.0 (its install script is not needed: set ONNXRUNTIME_NODE_INSTALL=skip)`;

let loaded: Runtime | LabError | undefined;

/**
 * Loads ONNX Runtime once.
 *
 * @throws LabError `missing` when it is not installed, `unsupported` outside of Node, for another version, and where its
 * binary does not load
 */
export function loadRuntime(): Runtime {
  loaded ??= tryLoad();
  if (loaded instanceof LabError) throw loaded;
  return loaded;
}

/**
 * The installed version, found without loading its binary.
 *
 * @throws LabError as `loadRuntime`, but for a binary that does not load
 */
export function runtimeVersion(): string {
  const found = find();
  if (found instanceof LabError) throw found;
  return found.version;
}

interface Found {
  readonly version: string;
  readonly require: NodeRequire;
}

function find(): Found | LabError {
  const nodeModule = nodeBuiltin<NodeModule>('node:module');
  if (nodeModule === undefined)
    return new LabError('unsupported', 'compile: ONNX Runtime runs in Node only', {
      hint: "elsewhere use engine: 'eager', or export the model with exportOnnx",
    });
  const require = requireFromHere(nodeModule);
  if (require === undefined)
    return new LabError('missing', 'compile: onnxruntime-node is not installed', { hint: install });
  const { version } = require('onnxruntime-node/package.json') as { version: string };
  if (version.startsWith(`${known}.`)) return { version, require };
  return new LabError('unsupported', 'compile: this version of onnxruntime-node is not supported', {
    received: version,
    expected: `${known}.x`,
    hint: install,
  });
}

function tryLoad(): Runtime | LabError {
  const found = find();
  if (found instanceof LabError) return found;
  const { version, require } = found;
  try {
    const { Tensor } = require('onnxruntime-node') as Public;
    const { binding, initOrt } = require('onnxruntime-node/dist/binding.js') as Private;
    initOrt();
    return {
      version,
      createSession: () => new binding.InferenceSession(),
      tensor: (type, data, dims) => new Tensor(type, data, dims),
    };
  } catch (cause) {
    return new LabError('unsupported', 'compile: onnxruntime-node is installed but does not load', {
      received: (cause as Error).message.split('\n')[0],
      hint: "its binaries are for Linux, Windows (x64, arm64) and macOS (arm64); elsewhere use engine: 'eager'",
      cause,
    });
  }
}

/** From this module, which may have been bundled elsewhere, and then from the working directory. */
function requireFromHere({ createRequire }: NodeModule): NodeRequire | undefined {
  const here = typeof __filename === 'string' ? __filename : import.meta.url;
  for (const from of [here, `${process.cwd()}/index.js`]) {
    const require = createRequire(from);
    try {
      require.resolve('onnxruntime-node/package.json');
      return require;
    } catch {
      continue;
    }
  }
  return undefined;
}
