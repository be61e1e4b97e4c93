import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runNode } from '../src/run-node';

const script = join(import.meta.dirname, 'fixtures', 'bench-rows.ts');
const run = (...rows: string[]) =>
  runNode(['--import', 'tsx', script, ...rows], { cwd: import.meta.dirname });

test('each row has a process of its own, and its memory is counted above what all need', async () => {
  const { code, stdout, stderr } = await run();
  expect(code, stderr).toBe(0);
  const rows = stdout
    .trim()
    .split('\n')
    .map(
      (line) =>
        JSON.parse(line) as { name: string; measured: { pid: number; bytes: number }; mebibytes: number },
    );
  expect(rows.map(({ name, measured }) => [name, measured.bytes])).toEqual([
    ['nothing', 1],
    ['much', 200 * 2 ** 20],
  ]);
  expect(new Set(rows.map(({ measured }) => measured.pid)).size).toBe(2);
  // 200 MiB were filled in one of them; processes of one script differ by some MiB.
  expect(rows[1]!.mebibytes).toBeGreaterThan(150);
  expect(rows[1]!.mebibytes).toBeLessThan(250);
  expect(rows[0]!.mebibytes).toBeLessThan(50);
});

test('a row that fails ends the bench and is named', async () => {
  const { code, stdout, stderr } = await run('broken');
  expect(code).toBe(1);
  expect(stdout.trim().split('\n')).toHaveLength(2);
  expect(stderr).toMatch(/the row 'broken' ended with code 1/);
  expect(stderr).toMatch(/this row is broken/);
});
