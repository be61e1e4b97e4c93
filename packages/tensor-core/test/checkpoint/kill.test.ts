import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'tsup';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fileCheckpoints } from '../../src/checkpoint';
import { bits, key } from '../../src/random';

let folder: string;
let writer: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lab-checkpoints-'));
  // one file of plain JavaScript, so that each of the many processes starts at once
  await build({
    config: false,
    entry: [join(import.meta.dirname, 'killed-while-saving.ts')],
    outDir: join(folder, 'writer'),
    format: 'esm',
    outExtension: () => ({ js: '.mjs' }),
    target: 'es2022',
    silent: true,
    clean: false,
  });
  writer = join(folder, 'writer/killed-while-saving.mjs');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the writer until it has told `after` steps and `delay` ms more, then kills it; gives the last step told. */
function killAfter(after: number, delay: number): Promise<number> {
  const { NODE_OPTIONS: _options, ...env } = process.env;
  const child = spawn(process.execPath, [writer, folder], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let errors = '';
  let doomed = false;
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      if (doomed || out.split('\n').length <= after) return;
      doomed = true;
      setTimeout(() => child.kill('SIGKILL'), delay);
    });
    child.on('close', (_, signal) => {
      if (signal === 'SIGKILL') resolve(Number(out.trim().split('\n').at(-1)));
      else reject(new Error(`the writer ended by itself: ${errors}`));
    });
  });
}

it('a process killed while it writes leaves the latest checkpoint whole, again and again', async () => {
  for (const word of bits(key(4), 12)) {
    // up to 25 ms, a few times as long as one checkpoint takes to write
    const told = await killAfter(1 + (word % 3), (word >>> 8) % 25);
    const found = await fileCheckpoints(folder).load();
    expect(found!.warnings).toEqual([]);
    // one more may have got its name before the process could tell
    expect([told, told + 1]).toContain(found!.step);
    const { weights } = found!.trees.params as unknown as { weights: { data: Float32Array } };
    expect(weights.data.length).toBe(200_000);
    expect(weights.data.every((value) => value === found!.step)).toBe(true);
    expect(found!.json).toEqual({ step: found!.step });
  }
});
