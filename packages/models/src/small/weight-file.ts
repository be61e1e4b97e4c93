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
  const packaged = await packagedBytes(name);
  if (packaged !== undefined) return packaged;
  throw new LabError('missing', `the weights of ${name} are not found from here`, {
    argument: 'source',
    expected: 'the bytes or the address of the file',
    hint: `pass what @lab/models/weights/${name}.safetensors is served as; where the package has none, \`pnpm train:fixtures\` in a checkout makes it`,
  });
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
async function packagedBytes(name: string): Promise<Uint8Array | undefined> {
  const [nodeModule, files] = [builtin<NodeModule>('node:module'), builtin<NodeFiles>('node:fs/promises')];
  if (nodeModule === undefined || files === undefined) return undefined;
  for (const from of [import.meta.url, `${process.cwd()}/index.js`]) {
    try {
      const manifest = nodeModule.createRequire(from).resolve('@lab/models/package.json');
      const folder = manifest.slice(0, -'package.json'.length);
      return new Uint8Array(await files.readFile(`${folder}weights/${name}.safetensors`));
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
