import { copyFile, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { labBuild } from '@lab/tsup-config';
import type { Options } from 'tsup';

type EsbuildPlugin = NonNullable<Options['esbuildPlugins']>[number];

/** One gradient imports the whole library through `../base`; the copy that is already loaded has the same names. */
const sharedBase: EsbuildPlugin = {
  name: 'shared-base',
  setup(build) {
    build.onResolve({ filter: /^\.\.\/base$/ }, ({ importer }) =>
      /tfjs-core[\\/]dist[\\/]gradients/.test(importer)
        ? { path: '@tensorflow/tfjs-core', external: true }
        : null,
    );
  },
};

/** Bundlers find the engine's files beside the module that names them. */
const wasmFiles: EsbuildPlugin = {
  name: 'wasm-files',
  setup(build) {
    const { outdir = 'dist' } = build.initialOptions;
    build.onEnd(async () => {
      const { resolve } = createRequire(import.meta.url);
      await mkdir(outdir, { recursive: true });
      for (const kind of ['', '-simd', '-threaded-simd']) {
        const file = `tfjs-backend-wasm${kind}.wasm`;
        await copyFile(resolve(`@tensorflow/tfjs-backend-wasm/dist/${file}`), `${outdir}/${file}`);
      }
    });
  },
};

export default labBuild(
  {
    index: 'src/index.ts',
    random: 'src/random/index.ts',
    tree: 'src/tree/index.ts',
    linalg64: 'src/linalg64/index.ts',
    errors: 'src/errors/index.ts',
    io: 'src/io/index.ts',
    checkpoint: 'src/checkpoint/index.ts',
    compile: 'src/compile/index.ts',
  },
  {
    // Only the gradient table is bundled: a second copy of anything else of TensorFlow.js would be a second library.
    noExternal: [/^@tensorflow\/tfjs-core\/dist\/register_all_gradients$/],
    esbuildPlugins: [sharedBase, wasmFiles],
    esbuildOptions(options) {
      // The one use of import.meta is guarded; CommonJS has __filename there.
      options.logOverride = { 'empty-import-meta': 'silent' };
    },
  },
);
