import { relative } from 'node:path';
import { expect, test } from 'vitest';
import { matchesOutput } from './readme/blocks';
import { runNode } from './run-node';

export interface TestExampleOptions {
  /** The package's folder, which is also the working folder of the run. */
  readonly dir: string;
  /** What stdout must be; `...` stands for any text. */
  readonly output?: string;
  /** Milliseconds. @default 60000 */
  readonly timeout?: number;
  readonly args?: readonly string[];
}

/** Registers a test that runs an example file in a child process against the built packages and expects exit 0. */
export function testExample(
  path: string,
  { dir, output, timeout = 60_000, args = [] }: TestExampleOptions,
): void {
  test(
    `${relative(dir, path)} runs`,
    async () => {
      const { code, stdout, stderr } = await runNode(
        ['--import', import.meta.resolve('tsx'), path, ...args],
        {
          cwd: dir,
          timeout,
        },
      );
      expect(code, `the example failed; is the package built?\n${stderr}`).toBe(0);
      expect(stdout.trim(), 'an example shows something').not.toBe('');
      if (output !== undefined && !matchesOutput(stdout, output)) expect(stdout.trim()).toBe(output.trim());
    },
    timeout + 5000,
  );
}
