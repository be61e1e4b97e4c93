import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { toCommonJs, toEsm } from '@lab/testing/snippets';
import type { Project } from './project';
import { run } from './run';

const { resolve } = createRequire(import.meta.url);

export const modes = ['ES module', 'CommonJS', 'TypeScript node16', 'TypeScript bundler', 'browser'] as const;
export type Mode = (typeof modes)[number];

export interface QuickstartOptions {
  /** The Node that runs it. @default the one that runs this */
  readonly node?: string;
}

/** Runs, checks or bundles the quickstart in a project that has the package. @throws Error with what went wrong */
export async function quickstart(
  project: Project,
  mode: Mode,
  { node = process.execPath }: QuickstartOptions = {},
): Promise<void> {
  const { dir, quickstart: code } = project;
  if (mode === 'ES module') {
    writeFileSync(join(dir, 'quickstart.mjs'), toEsm(code));
    await run(node, ['quickstart.mjs'], { cwd: dir });
  } else if (mode === 'CommonJS') {
    writeFileSync(join(dir, 'quickstart.cjs'), toCommonJs(code));
    await run(node, ['quickstart.cjs'], { cwd: dir });
  } else if (mode === 'browser') await bundle(project);
  else await checkTypes(project, mode === 'TypeScript node16' ? 'node16' : 'bundler');
}

async function checkTypes(
  { dir, quickstart: code }: Project,
  resolution: 'node16' | 'bundler',
): Promise<void> {
  // .mts: the quickstart awaits at its top
  writeFileSync(join(dir, 'quickstart.mts'), code);
  writeFileSync(
    join(dir, `tsconfig.${resolution}.json`),
    JSON.stringify({
      compilerOptions: {
        target: 'ES2022',
        lib: ['ES2022', 'DOM', 'DOM.Iterable'],
        module: resolution === 'node16' ? 'node16' : 'esnext',
        moduleResolution: resolution,
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        // What a project for Node has
        typeRoots: [join(dirname(resolve('@types/node/package.json')), '..')],
        types: ['node'],
      },
      files: ['quickstart.mts'],
    }),
  );
  const tsc = join(dirname(resolve('typescript/package.json')), 'bin', 'tsc');
  await run(process.execPath, [tsc, '-p', `tsconfig.${resolution}.json`], { cwd: dir });
}

/** Bundles everything that the package exports, and its quickstart where that needs no Node. */
async function bundle({ dir, installed, quickstart: code }: Project): Promise<void> {
  const { build } = await import('vite');
  const name = installed.slice(join(dir, 'node_modules').length + 1).replaceAll('\\', '/');
  const whole = `export * from '${name}';`;
  writeFileSync(
    join(dir, 'browser.js'),
    /from '[^']+\/node'/.test(code) ? whole : `${toEsm(code)}\n${whole}`,
  );
  await build({
    root: dir,
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      target: 'es2022',
      rolldownOptions: { input: join(dir, 'browser.js'), preserveEntrySignatures: 'strict' },
    },
  });
}

/** Milliseconds until `import` of a package is done in a fresh process: the least of three. */
export async function importTime(name: string, dir: string, node = process.execPath): Promise<number> {
  const code = `const t = performance.now(); await import('${name}'); console.log(performance.now() - t);`;
  let least = Infinity;
  for (let time = 0; time < 3; time++) {
    const { stdout } = await run(node, ['--input-type=module', '--eval', code], { cwd: dir });
    least = Math.min(least, Number(stdout.trim()));
  }
  return least;
}
