import { createRequire } from 'node:module';
import { build } from 'vite';

const source = '@tensorflow/tfjs-core/dist/register_all_gradients';
const virtual = '\0lab:gradient-table';

/**
 * Serves TensorFlow.js's gradient table, which native Node cannot load, as one module beside the one tfjs-core that
 * Node loads: what the build of @lab/tensor-core does, for tests that run from source.
 *
 * @returns {import('vite').Plugin}
 */
export function gradientTable() {
  /** @type {string} */
  let entry;
  /** @type {Promise<string> | undefined} */
  let bundled;
  /** @type {string} */
  let owner;
  return {
    name: 'lab:gradient-table',
    enforce: 'pre',
    resolveId(id, importer) {
      // The served module stands nowhere on disk: what it imports is tensor-core's, whichever package is tested.
      if (importer === virtual) return this.resolve(id, owner, { skipSelf: true });
      if (id !== source) return null;
      owner = importer;
      // Resolved from the importer, tensor-core: the one package that depends on it.
      entry = createRequire(importer).resolve(`${source}.js`);
      return virtual;
    },
    load(id) {
      if (id !== virtual) return null;
      bundled ??= bundle(entry);
      return bundled;
    },
  };
}

/** @param {string} entry */
async function bundle(entry) {
  const outputs = await build({
    configFile: false,
    logLevel: 'silent',
    plugins: [sharedBase()],
    build: {
      write: false,
      minify: false,
      target: 'es2022',
      lib: { entry, formats: ['es'], fileName: 'gradient-table' },
      rolldownOptions: { external: ['@tensorflow/tfjs-core'] },
    },
  });
  return [outputs].flat()[0].output[0].code;
}

/** One gradient imports the whole library through `../base`; the copy that is already loaded has the same names. */
function sharedBase() {
  return {
    name: 'lab:shared-base',
    enforce: 'pre',
    resolveId(id, importer) {
      if (id !== '../base' || !importer?.includes('tfjs-core/dist/gradients')) return null;
      return { id: '@tensorflow/tfjs-core', external: true };
    },
  };
}
