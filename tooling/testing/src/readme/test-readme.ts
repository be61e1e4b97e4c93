import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runNode, type RunResult } from '../run-node';
import { matchesOutput, snippets, type Snippet } from './blocks';
import { toCommonJs, toEsm } from './modules';

export interface TestReadmeOptions {
  /** The package's folder (it must be built: the snippets import `dist` by the package's name). */
  readonly dir: string;
  /** The file with the snippets. @default the package's README.md */
  readonly readme?: string;
  /** Milliseconds for one snippet. @default 120000 */
  readonly timeout?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Registers tests that run each TypeScript or JavaScript block of the package's README as pasted, in a child process
 * against `dist`, once as an ES module and once as CommonJS. Each must exit 0 and, where a plain text block follows it
 * under the same heading, print that (`...` stands for any text). A block marked `ts fragment` is not run; at least
 * one block must be.
 */
export function testReadme({
  dir,
  readme = join(dir, 'README.md'),
  timeout = 120_000,
  env = {},
}: TestReadmeOptions): void {
  const found = snippets(readFileSync(readme, 'utf8'));
  describe('README runs as pasted', () => {
    test('has a snippet that runs', () => {
      expect(found.length).toBeGreaterThan(0);
    });
    describe.each(found.map((snippet) => [`${snippet.heading} (line ${snippet.line})`, snippet] as const))(
      '%s',
      (_, snippet) => {
        test.each(['mjs', 'cjs'] as const)(
          'as %s',
          async (format) => {
            expectRun(await runSnippet(snippet.code, { dir, format, timeout, env }), snippet);
          },
          timeout + 5000,
        );
      },
    );
  });
}

export interface RunSnippetOptions {
  readonly dir: string;
  readonly format: 'mjs' | 'cjs';
  readonly timeout?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs code from inside the package's folder, so that the package's own name and its dependencies resolve. */
export async function runSnippet(
  code: string,
  { dir, format, timeout = 120_000, env = {} }: RunSnippetOptions,
): Promise<RunResult> {
  const parent = join(dir, '.test-results');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'snippet-'));
  try {
    const file = join(folder, `snippet.${format}`);
    writeFileSync(file, format === 'mjs' ? toEsm(code) : toCommonJs(code));
    return await runNode([file], { cwd: folder, timeout, env });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function expectRun({ code, stdout, stderr }: RunResult, { output }: Snippet): void {
  expect(code, `the snippet failed; is the package built?\n${stderr}`).toBe(0);
  if (output !== undefined && !matchesOutput(stdout, output)) expect(stdout.trim()).toBe(output.trim());
}
