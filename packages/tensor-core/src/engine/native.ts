import { tf } from '../tf';
import { LabError } from '../errors';
import { isRegistered } from './registered';
import { nodeBuiltin } from './wasm-files';

const packages = { node: '@tensorflow/tfjs-node', 'node-gpu': '@tensorflow/tfjs-node-gpu' } as const;
export type NativeName = keyof typeof packages;

/**
 * Loads one of the native engines of TensorFlow.js, optional packages that bring a compiled libtensorflow.
 *
 * @returns the version of the package
 * @throws LabError `missing` when it is not installed, `unsupported` when it is but does not load
 */
export async function loadNative(name: NativeName, threads: number | undefined): Promise<string> {
  const id = packages[name];
  const install = `npm install ${id}@~4.22.0`;
  if (nodeBuiltin('node:util') === undefined)
    throw new LabError('unsupported', `the engine '${name}' exists in Node only`, {
      argument: 'prefer',
      received: name,
    });
  restoreUtilPredicates();
  if (threads !== undefined) process.env['TF_NUM_INTRAOP_THREADS'] = String(threads);
  let loaded: NativeModule;
  try {
    loaded = (await import(/* @vite-ignore */ /* webpackIgnore: true */ id)) as NativeModule;
  } catch (cause) {
    if (isNotInstalled(cause, id))
      throw new LabError('missing', `the engine '${name}' is not installed`, {
        argument: 'prefer',
        received: name,
        hint: `${install} (it downloads a compiled library), or leave prefer out and use WebAssembly`,
      });
    throw new LabError('unsupported', `the engine '${name}' is installed but does not load`, {
      argument: 'prefer',
      received: cause instanceof Error ? cause.message.split('\n')[0] : String(cause),
      hint: `its compiled library may be missing for Node ${process.version} on ${process.platform}-${process.arch}: try \`npm rebuild ${id} --build-addon-from-source\`, or leave prefer out and use WebAssembly`,
      cause,
    });
  }
  if (!isRegistered('tensorflow'))
    throw new LabError('unsupported', `${id} loaded but registered no engine with this copy of tfjs-core`, {
      hint: `${install}: both must use the same @tensorflow/tfjs-core`,
    });
  const version = loaded.version ?? loaded.default?.version;
  return version?.['tfjs-node'] ?? version?.['tfjs-core'] ?? tf.version_core;
}

interface NativeModule {
  version?: Record<string, string>;
  default?: { version?: Record<string, string> };
}

/** Node, bundlers and test runners word it differently; all quote the package as it was asked for. */
function isNotInstalled(cause: unknown, id: string): boolean {
  const sentence = String((Object(cause) as { message?: unknown }).message).split('\n')[0] ?? '';
  const quoted = sentence.includes(`'${id}'`) || sentence.includes(`"${id}"`);
  return quoted && /cannot find|could not resolve|failed to resolve/i.test(sentence);
}

/** tfjs-node 4.22 calls predicates that Node 23 removed from `node:util`. */
function restoreUtilPredicates(): void {
  const util = nodeBuiltin<Record<string, unknown>>('node:util');
  if (util === undefined) return;
  const removed: Record<string, (value: unknown) => boolean> = {
    isArray: (value) => Array.isArray(value),
    isBoolean: (value) => typeof value === 'boolean',
    isFunction: (value) => typeof value === 'function',
    isNull: (value) => value === null,
    isNullOrUndefined: (value) => value === null || value === undefined,
    isNumber: (value) => typeof value === 'number',
    isObject: (value) => typeof value === 'object' && value !== null,
    isString: (value) => typeof value === 'string',
    isSymbol: (value) => typeof value === 'symbol',
    isUndefined: (value) => value === undefined,
  };
  for (const [name, predicate] of Object.entries(removed)) util[name] ??= predicate;
}
