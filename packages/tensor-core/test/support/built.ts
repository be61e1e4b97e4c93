import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'tsup';
import config from '../../tsup.config';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Consumer {
  /** The folder of a program that has installed this package. */
  readonly dir: string;
  /** Puts a package into its node_modules. */
  install(name: string, files: Record<string, string>): void;
  /** Puts a file into the folder. */
  write(file: string, text: string): void;
  /** Runs a file of the folder; its standard output is JSON. */
  start(file: string): Promise<Run>;
  /** Runs a program there; its standard output is JSON. */
  run(source: string, options: { format: 'mjs' | 'cjs' }): Promise<Run>;
  remove(): void;
}

export interface Run {
  readonly result: unknown;
  readonly stderr: string;
}

/** Builds this package as it is published and installs it, with its dependencies, for a program in a temporary folder. */
export async function buildForConsumer(): Promise<Consumer> {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'tensor-core-')));
  const own = join(dir, 'node_modules/@lab/tensor-core');
  mkdirSync(own, { recursive: true });
  cpSync(join(root, 'package.json'), join(own, 'package.json'));
  const options = Array.isArray(config) ? config[0] : config;
  await build({
    ...(options as object),
    outDir: join(own, 'dist'),
    dts: false,
    sourcemap: false,
    silent: true,
    config: false,
  });
  const { resolve } = createRequire(join(root, 'package.json'));
  const scope = join(dir, 'node_modules/@tensorflow');
  mkdirSync(scope, { recursive: true });
  for (const name of ['tfjs-core', 'tfjs-backend-wasm', 'tfjs-backend-cpu'])
    symlinkSync(dirname(resolve(`@tensorflow/${name}/package.json`)), join(scope, name), 'junction');
  mkdirSync(join(dir, 'node_modules/@bufbuild'), { recursive: true });
  for (const name of ['@bufbuild/protobuf', 'fflate', 'ml-matrix'])
    symlinkSync(realpathSync(join(root, 'node_modules', name)), join(dir, 'node_modules', name), 'junction');
  let programs = 0;
  const start = async (file: string): Promise<Run> => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [file], {
      cwd: dir,
      // pnpm's own NODE_PATH reaches packages that the consumer has not installed.
      env: { ...process.env, NODE_OPTIONS: '', NODE_PATH: '' },
    });
    return { result: JSON.parse(stdout) as unknown, stderr };
  };
  return {
    dir,
    install(name, files) {
      const target = join(dir, 'node_modules', name);
      for (const [file, text] of Object.entries(files)) {
        mkdirSync(dirname(join(target, file)), { recursive: true });
        writeFileSync(join(target, file), text);
      }
    },
    write(file, text) {
      writeFileSync(join(dir, file), text);
    },
    start: (file) => start(join(dir, file)),
    run(source, { format }) {
      const file = join(dir, `program-${String(programs++)}.${format}`);
      writeFileSync(file, source);
      return start(file);
    },
    remove() {
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
