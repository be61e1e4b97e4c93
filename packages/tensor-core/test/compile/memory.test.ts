import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { missing } from './support';

const mebibyte = 2 ** 20;

describe.skipIf(missing !== undefined)('memory', () => {
  test('is steady over 10,000 steps, and native sessions go with dispose and with collection', async () => {
    const { NODE_OPTIONS: _options, ...env } = process.env;
    const script = join(import.meta.dirname, 'memory.ts');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--expose-gc', '--import', import.meta.resolve('tsx'), script],
      { env, cwd: import.meta.dirname },
    );
    const grown = JSON.parse(stdout) as Record<'steps' | 'large' | 'dispose' | 'forget', number>;
    // A leak of 1 KiB a step would be 10 MiB; a session that is not released holds a quarter of a mebibyte and more.
    expect(grown.steps).toBeLessThan(6 * mebibyte);
    // One of 2 KiB a run as well; an output has 156.
    expect(grown.large).toBeLessThan(10 * mebibyte);
    expect(grown.dispose).toBeLessThan(15 * mebibyte);
    expect(grown.forget).toBeLessThan(15 * mebibyte);
  });
});
