import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { missing } from '../compile/support';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lab-fit-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the training in a process of its own, killed once it has told `killAt` steps; gives its last line. */
function train(name: string, execution: string, { pause = 0, killAt = Infinity } = {}): Promise<string> {
  const { NODE_OPTIONS: _options, ...env } = process.env;
  const script = join(import.meta.dirname, 'killed.ts');
  const args = ['--import', import.meta.resolve('tsx'), script, join(folder, name), String(pause), execution];
  const child = spawn(process.execPath, args, {
    env,
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      if (out.split('\n').length > killAt) child.kill('SIGKILL');
    });
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL' || code === 0) resolve(out.trim().split('\n').at(-1) ?? '');
      else reject(new Error(`the training failed; is the package built?\n${errors}`));
    });
  });
}

test.each(['eager', ...(missing === undefined ? ['compiled'] : [])])(
  'killed half way and resumed, a run (%s) ends with the same weights, bit for bit, as one that was not',
  async (execution) => {
    const whole = await train(`${execution}-whole`, execution);
    expect(whole).toMatch(new RegExp(`^done ${execution} 0 [0-9a-f]{64}$`));
    // Killed twice: once between checkpoints, once shortly after a resume.
    const first = Number(await train(execution, execution, { pause: 5, killAt: 31 }));
    expect(first).toBeGreaterThanOrEqual(31);
    expect(first).toBeLessThan(60);
    const second = Number(await train(execution, execution, { pause: 5, killAt: 9 }));
    expect(second).toBeGreaterThan(28);
    expect(second).toBeLessThan(60);
    const resumed = await train(execution, execution);
    const [, , from, hash] = resumed.split(' ');
    // It did go on from a checkpoint, and not from the start.
    expect(Number(from)).toBeGreaterThanOrEqual(28);
    expect(Number(from) % 7).toBe(0);
    expect(hash).toBe(whole.split(' ')[3]);
  },
);
