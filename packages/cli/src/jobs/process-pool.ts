import { fork, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { RunResult } from '@lab/experiment';
import type { Job, JobPlace, JobRunner, JobWatch } from './job';
import { LabError } from '@lab/tensor-core/errors';
import type { FromWorker, Refusal, ToWorker } from './messages';

/**
 * Runs jobs in processes of their own, which are started when they are needed and take one job after another. The event
 * loop of the caller stays free, and a process that dies takes its job alone with it.
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
    const child = fork(workerFile(), {
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // It runs from the build: loaders and resolution conditions of the caller have no business there.
      execArgv: [],
    });
    all.add(child);
    child.on('exit', () => all.delete(child));
    return child;
  };

  const waiting: (() => void)[] = [];
  let free = size;
  const slot = async (): Promise<void> => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const release = (): void => {
    const next = waiting.shift();
    if (next) next();
    else free++;
  };

  return {
    size,
    run: async (job, watch) => {
      await slot();
      try {
        watch.signal.throwIfAborted();
        const child = idle.pop() ?? start();
        try {
          const result = await runIn(child, { job, place, watch });
          idle.push(child);
          return result;
        } catch (error) {
          child.kill('SIGKILL');
          throw error;
        }
      } finally {
        release();
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
        else reject(refusal(message));
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

const refusal = ({ message, code }: Refusal): Error =>
  code === undefined ? new Error(message) : new LabError(code, message);

/** The built worker, looked up from this package whether it runs from its sources or from its build. */
function workerFile(): string {
  const here = typeof __filename === 'string' ? __filename : import.meta.url;
  return join(dirname(createRequire(here).resolve('@lab/cli/package.json')), 'dist', 'worker.js');
}
