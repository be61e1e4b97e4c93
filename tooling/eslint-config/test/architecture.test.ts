import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ESLint } from 'eslint';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labLint } from '../index.js';

// A workspace on disk, because the rules read package.json files and the parser wants a real tsconfig. Inside this
// package, so that the fixtures find no packages but their own.
const root = mkdtempSync(join(import.meta.dirname, 'workspace-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});

interface Case {
  /** `package/path`. */
  readonly file: string;
  readonly code: string;
  /** The rule that must report; undefined: none of the architecture's rules may. */
  readonly rule?: string;
}

const cases: readonly Case[] = [
  { file: 'alpha/src/paper.ts', code: `import { b } from '@lab/beta';`, rule: 'lab/no-paper-imports' },
  { file: 'alpha/src/paper-sub.ts', code: `export * from '@lab/beta/cli';`, rule: 'lab/no-paper-imports' },
  {
    file: 'alpha/src/paper-type.ts',
    code: `export type B = import('@lab/beta').B;`,
    rule: 'lab/no-paper-imports',
  },
  { file: 'alpha/src/paper-lazy.ts', code: `void import('@lab/beta');`, rule: 'lab/no-paper-imports' },
  { file: 'alpha/bench/paper.ts', code: `import '@lab/beta';`, rule: 'lab/no-paper-imports' },
  { file: 'alpha/test/paper.test.ts', code: `import '@lab/beta';` },
  { file: 'alpha/examples/paper.ts', code: `import '@lab/beta';` },
  { file: 'alpha/src/core.ts', code: `import { t } from '@lab/core';` },
  { file: 'core/src/uses-paper.ts', code: `import '@lab/beta';` },

  { file: 'alpha/src/index.ts', code: `export * from './experiments';`, rule: 'lab/no-experiment-imports' },
  { file: 'alpha/src/deep/one.ts', code: `import '../experiments/main';`, rule: 'lab/no-experiment-imports' },
  { file: 'alpha/src/self.ts', code: `import '@lab/alpha/experiments';`, rule: 'lab/no-experiment-imports' },
  { file: 'alpha/src/experiments/index.ts', code: `export * from './main';` },
  { file: 'alpha/src/experiments/method.ts', code: `import '../core';` },
  { file: 'alpha/src/cli/verbs.ts', code: `import '../experiments';` },
  { file: 'alpha/test/run.test.ts', code: `import '../src/experiments';` },

  { file: 'alpha/src/inner.ts', code: `import '@lab/core/dist/inner.js';`, rule: 'lab/no-deep-imports' },
  { file: 'alpha/src/across.ts', code: `import '../../core/src/index';`, rule: 'lab/no-deep-imports' },
  { file: 'alpha/src/sub.ts', code: `import '@lab/core/random';` },

  { file: 'alpha/src/tf.ts', code: `import '@tensorflow/tfjs-core';`, rule: 'lab/tensorflow-in-core' },
  { file: 'core/src/tf.ts', code: `import '@tensorflow/tfjs-core';` },

  { file: 'alpha/src/fs.ts', code: `import { join } from 'node:path';`, rule: 'lab/browser-safe' },
  { file: 'alpha/src/fs-bare.ts', code: `import { join } from 'path';`, rule: 'lab/browser-safe' },
  { file: 'alpha/src/fs-lazy.ts', code: `await import('node:fs');`, rule: 'lab/browser-safe' },
  { file: 'alpha/src/node/fs.ts', code: `import 'node:fs';` },
  { file: 'alpha/src/cli/fs.ts', code: `import 'node:fs';` },
  { file: 'alpha/src/checkpoint/fs.ts', code: `import 'node:fs';` },
  { file: 'alpha/test/fs.test.ts', code: `import 'node:fs';` },

  { file: 'alpha/src/random.ts', code: `export const x = Math.random();`, rule: 'no-restricted-syntax' },
  {
    file: 'alpha/test/random.test.ts',
    code: `export const x = Math.random();`,
    rule: 'no-restricted-syntax',
  },
  ...[
    'randomNormal',
    'randomUniform',
    'rand',
    'truncatedNormal',
    'multinomial',
    'dropout',
    'variable',
    'train',
  ].map((name) => ({
    file: `alpha/src/tf-${name.toLowerCase()}.ts`,
    code: `declare const tf: Record<string, unknown>; export const x = tf.${name};`,
    rule: 'no-restricted-syntax',
  })),
  {
    file: 'core/src/tf-named.ts',
    code: `import { randomNormal } from '@tensorflow/tfjs-core'; export const x = randomNormal;`,
    rule: 'no-restricted-syntax',
  },
  {
    file: 'alpha/src/tf-fine.ts',
    code: `declare const tf: Record<string, unknown>; export const x = tf.relu;`,
  },
  { file: 'alpha/src/math-fine.ts', code: `export const x = Math.max(1, 2);` },
];

const tsconfig = JSON.stringify({
  compilerOptions: {
    types: [],
    module: 'esnext',
    target: 'es2022',
    strict: true,
    noUncheckedIndexedAccess: true,
  },
});

const architecture = (rule: string): boolean => rule.startsWith('lab/') || rule === 'no-restricted-syntax';

describe('the architecture holds', () => {
  const found = new Map<string, string[]>();
  beforeAll(async () => {
    const write = (path: string, text: string): void => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    };
    write('pnpm-workspace.yaml', '');
    const manifest = (name: string, lab?: object) =>
      JSON.stringify({ name, exports: { '.': '', './random': '', './cli': '', './experiments': '' }, lab });
    write('packages/alpha/package.json', manifest('@lab/alpha', { paper: { id: 'alpha' } }));
    write('packages/beta/package.json', manifest('@lab/beta', { paper: { id: 'beta' } }));
    write('packages/core/package.json', manifest('@lab/core'));
    for (const name of ['alpha', 'core']) {
      write(`packages/${name}/tsconfig.json`, tsconfig);
      for (const { file, code } of cases) if (file.startsWith(`${name}/`)) write(`packages/${file}`, code);
      const dir = join(root, 'packages', name);
      const eslint = new ESLint({
        cwd: dir,
        overrideConfigFile: true,
        overrideConfig: labLint({ dir, tensorflow: name === 'core' }),
      });
      for (const { filePath, messages } of await eslint.lintFiles(['**/*.ts']))
        found.set(
          filePath.slice(join(root, 'packages').length + 1).replaceAll('\\', '/'),
          messages.map(({ ruleId, message }) => ruleId ?? message),
        );
    }
  });

  test.each(cases.map((each) => [each.file, each.rule ?? 'passes', each] as const))(
    '%s: %s',
    (_, __, each) => {
      const rules = found.get(each.file);
      expect(rules, 'was linted').toBeDefined();
      expect([...new Set(rules?.filter(architecture))]).toEqual(each.rule === undefined ? [] : [each.rule]);
    },
  );
});

describe('types are strict, and numeric code is left alone', () => {
  const dir = join(root, 'packages', 'alpha');
  const lint = async (name: string, code: string): Promise<(string | null)[]> => {
    const file = join(dir, 'src', name);
    writeFileSync(file, code);
    const eslint = new ESLint({ cwd: dir, overrideConfigFile: true, overrideConfig: labLint({ dir }) });
    const [result] = await eslint.lintFiles([file]);
    return result!.messages.map(({ ruleId }) => ruleId);
  };

  test('typed-array reads, numbers in templates', async () => {
    const code = 'export const f = (x: Float64Array, i: number): string => `${x[i]! + x[i + 1]!} at ${i}`;\n';
    expect(await lint('numeric.ts', code)).toEqual([]);
  });

  test('a promise that nobody awaits, any, console', async () => {
    const code = `
      async function work(): Promise<void> { await Promise.resolve(); }
      export function start(x: any): void { work(); console.log(x); }`;
    expect(await lint('loose.ts', code)).toEqual(
      expect.arrayContaining([
        '@typescript-eslint/no-floating-promises',
        '@typescript-eslint/no-explicit-any',
        'no-console',
      ]),
    );
  });

  test('a file of more than 400 lines', async () => {
    const code = Array.from({ length: 401 }, (_, i) => `export const x${i} = ${i};\n`).join('');
    expect(await lint('long.ts', code)).toEqual(['max-lines']);
  });
});
