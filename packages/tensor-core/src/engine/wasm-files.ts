/** The three builds of the WebAssembly engine; it chooses by what the machine can do. */
export const wasmFileNames = [
  'tfjs-backend-wasm.wasm',
  'tfjs-backend-wasm-simd.wasm',
  'tfjs-backend-wasm-threaded-simd.wasm',
] as const;

interface NodeModule {
  readonly createRequire: (from: string) => { resolve(id: string): string };
}

/**
 * Where the engine's `.wasm` files are when nobody said so.
 *
 * - Node: in the installed `@tensorflow/tfjs-backend-wasm`, looked up from this module (which may have been bundled
 *   elsewhere) and then from the working directory.
 * - Elsewhere: beside this module. The build puts copies there, and bundlers carry files along that are named by
 *   `new URL(..., import.meta.url)`, which must be written out in full for them to see.
 *
 * @returns a folder, or a URL for each file; undefined to leave the choice to TensorFlow.js
 */
export function defaultWasmPaths(): string | Record<string, string> | undefined {
  const nodeModule = nodeBuiltin<NodeModule>('node:module');
  if (nodeModule !== undefined) return installedFolder(nodeModule);
  if (typeof import.meta.url !== 'string') return undefined;
  return {
    'tfjs-backend-wasm.wasm': new URL('./tfjs-backend-wasm.wasm', import.meta.url).href,
    'tfjs-backend-wasm-simd.wasm': new URL('./tfjs-backend-wasm-simd.wasm', import.meta.url).href,
    'tfjs-backend-wasm-threaded-simd.wasm': new URL('./tfjs-backend-wasm-threaded-simd.wasm', import.meta.url)
      .href,
  };
}

/** A built-in module of Node without an import that a bundler for the browser would trip over. */
export function nodeBuiltin<T>(name: string): T | undefined {
  if (typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function') return undefined;
  return process.getBuiltinModule(name) as T | undefined;
}

function installedFolder({ createRequire }: NodeModule): string | undefined {
  const here = typeof __filename === 'string' ? __filename : import.meta.url;
  for (const from of [here, `${process.cwd()}/index.js`]) {
    try {
      const file = createRequire(from).resolve(`@tensorflow/tfjs-backend-wasm/dist/${wasmFileNames[0]}`);
      return file.slice(0, -wasmFileNames[0].length);
    } catch {
      continue;
    }
  }
  return undefined;
}
