import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { RunResult } from '@lab/experiment';
import type { Job, JobPlace, JobRunner, JobWatch } from './job';
import type { FromWorker, ToWorker } from './messages';
import { failedJob } from './run-job';

/**
 * Runs jobs in processes of their own, which are started when they are needed and take one job after another. A process
 * that dies fails its job alone.
 */
export function processPool(place: JobPlace, { size }: { readonly size: number }): JobRunner {
  const idle: ChildProcess[] = [];
  const all = new Set<ChildProcess>();
  const end = (): void => {
    for (const each of all) each.kill('SIGKILL');
  };
  // A second Ctrl-C ends this process wherever its children are.
  process.on('exit', end);

  const start = (): ChildProcess => {
    const child = fork(join(place.home, 'dist', 'worker.js'), {
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    all.add(child);
    child.on('exit', () => all.delete(child));
    return child;
  };

  return {
    size,
    run: async (job, watch) => {
      const child = idle.pop() ?? start();
      try {
        const result = await runIn(child, { job, place, watch });
        idle.push(child);
        return result;
      } catch (error) {
        child.kill('SIGKILL');
        return failedJob(job, place, error as Error);
      }
    },
    close: () => {
      process.off('exit', end);
      end();
    },
  };
}

interface Order {
  readonly job: Job;
  readonly place: JobPlace;
  readonly watch: JobWatch;
}

function runIn(child: ChildProcess, { job, place, watch }: Order): Promise<RunResult> {
  const order = (message: ToWorker): boolean => child.send(message);
  // What is printed there is a notice for whoever reads here.
  const lines = [child.stdout!, child.stderr!].map((input) => createInterface({ input }));
  for (const each of lines) each.on('line', watch.onLog);
  return new Promise<RunResult>((resolve, reject) => {
    const onAbort = (): void => {
      order({ kind: 'abort' });
    };
    const onMessage = (message: FromWorker): void => {
      if (message.kind === 'progress') watch.onProgress(message.fraction, message.label);
      else if (message.kind === 'log') watch.onLog(message.line);
      else {
        finish();
        if (message.kind === 'done') resolve(message.result);
        else reject(message.error);
      }
    };
    const onExit = (code: number | null, signal: NodeJS.Signals | null): void => {
      finish();
      const cause = signal ?? `exit code ${code}`;
      reject(new Error(`its process ended by ${cause}; if memory ran out, give fewer --jobs`));
    };
    const finish = (): void => {
      watch.signal.removeEventListener('abort', onAbort);
      child.off('message', onMessage).off('exit', onExit);
      for (const each of lines) each.close();
    };
    watch.signal.addEventListener('abort', onAbort);
    child.on('message', onMessage).on('exit', onExit);
    order({ kind: 'run', job, place });
  });
}
