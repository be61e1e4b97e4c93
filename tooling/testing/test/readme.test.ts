import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runSnippet, testExample } from '../src';
import { fencedBlocks, matchesOutput, snippets } from '../src/readme/blocks';
import { toCommonJs } from '../src/readme/modules';

const readme = `# Title
## Quickstart
\`\`\`ts
import { a } from 'x';
\`\`\`

It prints

\`\`\`text
1 of 2
\`\`\`
## Other
\`\`\`ts fragment
const b: number = …
\`\`\`
\`\`\`js
go();
\`\`\`
## Third
\`\`\`
not output of another section
\`\`\`
`;

describe('blocks', () => {
  test('have their language, line and heading', () => {
    expect(fencedBlocks(readme).map(({ language, line, heading }) => [language, line, heading])).toEqual([
      ['ts', 4, 'Quickstart'],
      ['text', 10, 'Quickstart'],
      ['ts', 14, 'Other'],
      ['js', 17, 'Other'],
      ['', 21, 'Third'],
    ]);
  });

  test('run unless they are fragments, and own the output next under their heading', () => {
    expect(snippets(readme).map(({ code, output }) => [code, output])).toEqual([
      ["import { a } from 'x';", '1 of 2'],
      ['go();', undefined],
    ]);
  });
});

test('output matches with dots for any text', () => {
  expect(matchesOutput('a 1.25 s\nb\nc\n', 'a ... s\n...\nc')).toBe(true);
  expect(matchesOutput('a 1.25 s\nb\nc\n', 'a 1.25 s\nb\nc')).toBe(true);
  expect(matchesOutput('a\nc\n', 'a\n...\nc')).toBe(true);
  expect(matchesOutput('a\nb\n', 'a')).toBe(false);
  expect(matchesOutput('a+b\n', 'a.b')).toBe(false);
  expect(matchesOutput('xa\n', 'a')).toBe(false);
});

describe('snippets in a child process', () => {
  let dir = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'lab-readme-'));
    writeFileSync(
      join(dir, 'package.json'),
      JSON.stringify({ name: 'own', type: 'module', exports: { import: './own.js', require: './own.cjs' } }),
    );
    writeFileSync(join(dir, 'own.js'), "export const kind = 'esm'; export default 1;");
    writeFileSync(
      join(dir, 'own.cjs'),
      "exports.kind = 'cjs'; exports.default = 1; exports.__esModule = true;",
    );
  });
  afterAll(() => {
    rmSync(dir, { recursive: true });
  });

  const code = `
import one, { kind as format, type Kind } from 'own';
import * as own from 'own';
interface Shape { size: number }
const shape: Shape = { size: await Promise.resolve(2) };
export const answer = one + shape.size;
console.log(format, own.kind, answer satisfies number);
`;
  test.each([
    ['mjs', 'esm esm 3\n'],
    ['cjs', 'cjs cjs 3\n'],
  ] as const)('as %s', async (format, stdout) => {
    expect(await runSnippet(code, { dir, format })).toEqual({ code: 0, stdout, stderr: '' });
  });

  test.each(['mjs', 'cjs'] as const)('a failing one fails, as %s', async (format) => {
    const { code: status, stderr } = await runSnippet("await Promise.reject(new Error('no'));", {
      dir,
      format,
    });
    expect(status).toBe(1);
    expect(stderr).toContain('Error: no');
  });

  test('CommonJS keeps no import statement', () => {
    expect(toCommonJs(code)).not.toMatch(/^\s*(import|export)\b/m);
  });
});

testExample(join(import.meta.dirname, 'fixtures', 'example.ts'), {
  dir: import.meta.dirname,
  output: 'a typed example: 3\n...',
});
