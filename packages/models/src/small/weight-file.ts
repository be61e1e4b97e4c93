import { LabError } from '@lab/tensor-core/errors';

interface NodeModule {
  readonly createRequire: (from: string) => { resolve(id: string): string };
}

interface NodeFiles {
  readonly readFile: (path: string) => Promise<Uint8Array>;
}

/** Where a model's weights are: bytes that were read, or an address that `fetch` understands. */
export type WeightSource = ArrayBuffer | Uint8Array | URL | string;

/**
 * The bytes of a model's file: as given, from an address, or in Node the one of this package.
 *
 * @throws LabError `missing` when it cannot be had
 */
export async function weightBytes(name: string, source: WeightSource | undefined): Promise<Uint8Array> {
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Uint8Array) return source;
  if (source !== undefined) return fetched(name, source);
  const path = packagedPath(name);
  if (path === undefined)
    throw new LabError('missing', `the weights of ${name} are not found from here`, {
      argument: 'source',
      expected: 'the bytes or the address of the file',
      hint: `serve @lab/models/weights/${name}.safetensors and pass its address; where the package has none, \`pnpm train:fixtures\` in a checkout makes it`,
    });
  return new Uint8Array(await builtin<NodeFiles>('node:fs/promises')!.readFile(path));
}

async function fetched(name: string, source: URL | string): Promise<Uint8Array> {
  let reason: unknown;
  try {
    const response = await fetch(source);
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    reason = `status ${response.status}`;
  } catch (cause) {
    reason = cause;
  }
  throw new LabError('missing', `the weights of ${name} cannot be fetched`, {
    argument: 'source',
    received: String(source),
    cause: reason,
  });
}

/** The file inside this package, which may have been bundled elsewhere: then from the working directory. */
function packagedPath(name: string): string | undefined {
  const nodeModule = builtin<NodeModule>('node:module');
  if (nodeModule === undefined) return undefined;
  for (const from of [import.meta.url, `${process.cwd()}/index.js`]) {
    try {
      return nodeModule.createRequire(from).resolve(`@lab/models/weights/${name}.safetensors`);
    } catch {
      continue;
    }
  }
  return undefined;
}

/** A built-in module of Node without an import that a bundler for the browser would trip over. */
function builtin<T>(name: string): T | undefined {
  if (typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function') return undefined;
  return process.getBuiltinModule(name) as T | undefined;
}
