import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { runNode } from '@lab/testing';
import type { RunResult } from '@lab/experiment';
import { emptyProject, installPaper, type UserProject } from './fixtures/user-project';

// The built command, whose experiments run in processes of their own.

const bin = join(dirname(import.meta.dirname), 'bin', 'lab.js');
beforeAll(() => {
  if (!existsSync(join(dirname(import.meta.dirname), 'dist', 'worker.js')))
    throw new Error('the command is not built; run: pnpm build');
});

/** Experiments that tell in which process they ran. */
const experimentsCode = `
import { existsSync } from 'node:fs';
const experiment = (id, run) => ({
  id, paper: 'crew', title: id, summary: 'Which process it ran in.', data: ['drawn here'],
  scales: { tour: {}, quick: {}, full: {} }, run,
});
const here = ({ facts } = {}) => ({ claims: [], tables: [], figures: [], facts: { pid: process.pid, ...facts },
  artifacts: [{ name: 'bytes.bin', content: new Uint8Array([1, 2, 255]) }] });
const pause = () => new Promise((resolve) => setTimeout(resolve, 300));
export const experiments = [
  experiment('first', async ({ log }) => { log('a line of first'); await pause(); return here(); }),
  experiment('second', async ({ progress }) => { progress(0.5, 'half of second'); await pause(); return here(); }),
  experiment('gate', async ({ signal, progress }) => {
    if (existsSync('open')) return here();
    progress(0.1, 'waiting');
    await new Promise((resolve, reject) => {
      const timer = setInterval(() => undefined, 1000);
      signal.addEventListener('abort', () => { clearInterval(timer); reject(new Error('stopped')); });
    });
  }),
  experiment('killed', async () => { if (!existsSync('open')) process.kill(process.pid, 'SIGKILL'); return here(); }),
  experiment('last', async ({ log }) => { log('the last line'); return here(); }),
];
`;

let user: UserProject;
const project = (experiments = experimentsCode): UserProject => {
  user = emptyProject();
  installPaper(user, { name: 'crew-paper', id: 'crew', experiments });
  user.write('package.json', JSON.stringify({ dependencies: { 'crew-paper': '*' } }));
  return user;
};
afterEach(() => user.remove());

const runsIn = (out: string): Map<string, RunResult> => {
  const { runs } = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8')) as { runs: RunResult[] };
  return new Map(runs.map((each) => [each.experiment, each]));
};

test('two at a time, each in its process; one that is killed fails alone; results in the order of the list', async () => {
  const { dir } = project(experimentsCode.replace("if (existsSync('open')) return", 'return'));
  const out = join(dir, 'out');
  const ran = await runNode([bin, 'run', 'crew', '--jobs', '2', '--out', out], { cwd: dir });
  expect(ran.code).toBe(1);
  const runs = runsIn(out);
  expect([...runs.keys()]).toEqual(['first', 'second', 'gate', 'killed', 'last'].map((id) => `crew/${id}`));
  expect([...runs.values()].map(({ status }) => status)).toEqual([
    'completed',
    'completed',
    'completed',
    'failed',
    'completed',
  ]);
  expect(runs.get('crew/killed')?.error?.message).toMatch(/its process ended by SIGKILL/);
  const [first, second] = ['crew/first', 'crew/second'].map((id) => runs.get(id)!.facts.pid);
  expect(first).not.toBe(second);
  expect(readFileSync(join(out, 'artifacts', 'crew-first-bytes.bin'))).toEqual(Buffer.from([1, 2, 255]));
  expect(ran.stderr).toContain('[1/5] crew/first: a line of first');
  expect(ran.stderr).toContain('half of second');

  // What was finished is not run again; what failed is.
  writeFileSync(join(dir, 'open'), '');
  const again = await runNode([bin, 'run', 'crew', '--jobs', '2', '--out', out], { cwd: dir });
  expect(again.code).toBe(0);
  expect(again.stderr).toContain('4 of 5 experiments are taken from the run that was stopped');
  const completed = runsIn(out);
  expect(completed.get('crew/first')!.facts.pid).toBe(first);
  expect(completed.get('crew/killed')!.status).toBe('completed');
  expect(existsSync(join(out, 'unfinished'))).toBe(false);
});

// Signals do not exist on Windows.
test.skipIf(process.platform === 'win32')(
  'Ctrl-C stops every process and keeps what is finished; --fresh does not take it',
  async () => {
    const { dir } = project(experimentsCode.replace('process.kill(process.pid', 'void (process.pid'));
    const out = join(dir, 'out');
    mkdirSync(out);
    const child = spawn(process.execPath, [bin, 'run', 'crew', '--jobs', '2', '--out', out], {
      cwd: dir,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      // The other process has been through the rest of the list by then.
      if (stderr.includes('the last line')) setTimeout(() => child.kill('SIGINT'), 500);
    });
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(1);
    const stopped = runsIn(out);
    expect(stopped.get('crew/gate')!.status).toBe('aborted');
    expect(stopped.get('crew/last')!.status).toBe('completed');

    writeFileSync(join(dir, 'open'), '');
    const fresh = await runNode([bin, 'run', 'crew', '--jobs', '2', '--out', out, '--fresh'], { cwd: dir });
    expect(fresh.code).toBe(0);
    expect(fresh.stderr).not.toContain('are taken from');
    expect(runsIn(out).get('crew/first')!.facts.pid).not.toBe(stopped.get('crew/first')!.facts.pid);
  },
);
