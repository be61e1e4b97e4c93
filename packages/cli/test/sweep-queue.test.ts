import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunResult } from '@lab/experiment';
import { readResult } from '@lab/experiment/node';
import { runNode } from '@lab/testing';

const bin = join(dirname(import.meta.dirname), 'bin', 'lab.js');
const isInstalled = spawnSync('redis-server', ['--version']).status === 0;

describe.skipIf(!isInstalled)(
  `a sweep over a queue${isInstalled ? '' : ' (redis-server is not installed: apt-get install redis-server)'}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'lab-queue-'));
    const started: ChildProcess[] = [];
    let url = '';

    beforeAll(async () => {
      const port = await freePort();
      url = `redis://127.0.0.1:${port}`;
      const options = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder];
      const server = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
      started.push(server);
      await said(server.stdout, 'Ready to accept connections');
    }, 30_000);

    afterAll(async () => {
      for (const child of started.reverse()) await ended(child);
      rmSync(folder, { recursive: true, force: true });
    }, 30_000);

    const lab = (...args: string[]) =>
      runNode([bin, 'sweep', ...args], { cwd: folder, env: { LAB_DATA_DIR: undefined } });

    const startWorker = (): ChildProcess & { said: (text: string) => Promise<void> } => {
      const args = [bin, 'sweep', 'worker', '--queue', url, '--workers', '1', '--stalled-after', '2'];
      const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
      started.push(child);
      return Object.assign(child, { said: (text: string) => said(child.stderr, text) });
    };

    test('loses nothing when a worker is killed, and gives what a sweep in one process gives', async () => {
      const size = ['--set', 'replications=20,40', '--set', 'horizon=30000'];
      const args = ['bandits/hidden-best', '--scale', 'tour', '--seeds', '0..2', ...size];
      const victim = startWorker();
      const killed = victim.said(': started').then(() => victim.kill('SIGKILL'));
      await victim.said('waiting for jobs');
      const sweep = lab(...args, '--queue', url, '--out', 'queued');
      await killed;
      startWorker();
      startWorker();
      const { code, stderr } = await sweep;
      expect([code, stderr]).toEqual([0, expect.stringContaining('the report is')]);

      const redis = new Redis(url, { maxRetriesPerRequest: null });
      const queue = new Queue('lab-sweep', { connection: redis });
      const jobs = await queue.getJobs();
      // The killed worker did not finish what it had begun: the queue gave exactly that to another.
      expect(jobs.filter(({ stalledCounter }) => stalledCounter > 0)).toHaveLength(1);
      expect(await queue.getJobCounts('completed', 'failed', 'waiting', 'active')).toEqual({
        completed: 6,
        failed: 0,
        waiting: 0,
        active: 0,
      });
      await queue.close();
      await redis.quit();

      expect((await lab(...args, '--out', 'here')).code).toBe(0);
      const ids = readdirSync(join(folder, 'here', 'jobs')).sort();
      expect(ids).toHaveLength(6);
      expect(readdirSync(join(folder, 'queued', 'jobs')).sort()).toEqual(ids);
      for (const path of ['', ...ids.map((id) => join('jobs', id))])
        expect(await numbersIn(join(folder, 'queued', path))).toEqual(
          await numbersIn(join(folder, 'here', path)),
        );
    }, 150_000);

    test('takes what is on the queue already, into another folder, without running it again', async () => {
      const args = ['bandits/hidden-best', '--scale', 'tour', '--seeds', '0,1', '--set', 'replications=20'];
      const size = ['--set', 'horizon=30000'];
      for (const worker of started.slice(1)) await ended(worker);
      const { code } = await lab(...args, ...size, '--queue', url, '--out', 'again');
      expect(code).toBe(0);
      expect(readdirSync(join(folder, 'again', 'jobs'))).toHaveLength(2);
    }, 60_000);

    test('Ctrl-C on a worker gives its run back at once', async () => {
      const args = ['bandits/hidden-best', '--scale', 'tour', '--seeds', '7', '--set', 'replications=40'];
      const stopped = startWorker();
      await stopped.said('waiting for jobs');
      const sweep = lab(...args, '--set', 'horizon=30000', '--queue', url, '--out', 'stopped');
      await stopped.said(': started');
      await ended(stopped);
      expect(stopped.exitCode).toBe(0);
      const redis = new Redis(url, { maxRetriesPerRequest: null });
      const queue = new Queue('lab-sweep', { connection: redis });
      expect(await queue.getJobCounts('waiting', 'active', 'failed')).toEqual({
        waiting: 1,
        active: 0,
        failed: 0,
      });
      await queue.close();
      await redis.quit();
      startWorker();
      expect((await sweep).code).toBe(0);
    }, 60_000);

    test('a run that fails is tried three times and then named; a new sweep tries it anew', async () => {
      const args = ['bandits/hidden-best', '--scale', 'tour', '--seeds', '0', '--set', 'steps=4'];
      const worker = startWorker();
      const failed = lab(...args, '--queue', url, '--out', 'failed');
      await expect(failed).resolves.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/hidden-best seed 0 .* failed: .*no such setting/),
      });
      const redis = new Redis(url, { maxRetriesPerRequest: null });
      const queue = new Queue('lab-sweep', { connection: redis });
      const [before] = await queue.getFailed();
      expect(before?.attemptsMade).toBe(3);
      expect((await lab(...args, '--queue', url, '--out', 'failed')).code).toBe(1);
      const [after] = await queue.getFailed();
      expect([after?.id, after!.timestamp > before!.timestamp]).toEqual([before?.id, true]);
      await queue.close();
      await redis.quit();
      await ended(worker);
    }, 90_000);
  },
);

/** All that a result says apart from time, memory and machine. */
async function numbersIn(dir: string): Promise<unknown> {
  const results = await readResult(dir);
  return results.map(
    ({ experiment, status, scale, seed, settings, claims, tables, figures, artifacts }: RunResult) => ({
      ...{ experiment, status, scale, seed, settings, claims, tables, figures, artifacts },
    }),
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function said(stream: NodeJS.ReadableStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let all = '';
    stream.on('data', (chunk: Buffer) => {
      all += chunk.toString();
      if (all.includes(text)) resolve();
    });
    stream.on('end', () => reject(new Error(`ended without "${text}": ${all}`)));
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  await closed;
}
