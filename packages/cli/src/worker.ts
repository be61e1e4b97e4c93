// A process that runs jobs for another one: see jobs/process-pool.ts.
import { isLabError } from '@lab/tensor-core/errors';
import type { FromWorker, ToWorker } from './jobs/messages';
import { runJob } from './jobs/run-job';

const send = (message: FromWorker): void => {
  process.send?.(message);
};
let running: AbortController | undefined;

// Ctrl-C reaches every process of the terminal; the one that gave the job says when to stop.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit(0));

process.on('message', (message: ToWorker) => {
  if (message.kind === 'abort') {
    running?.abort();
    return;
  }
  const { job, place } = message;
  const { signal } = (running = new AbortController());
  runJob(job, place, {
    signal,
    onProgress: (fraction, label) =>
      send({ kind: 'progress', fraction, ...(label !== undefined && { label }) }),
    onLog: (line) => send({ kind: 'log', line }),
  }).then(
    (result) => send({ kind: 'done', result }),
    (error: unknown) => {
      if (isLabError(error)) send({ kind: 'refused', message: error.message, code: error.code });
      else
        send({
          kind: 'refused',
          message: error instanceof Error ? (error.stack ?? error.message) : String(error),
        });
    },
  );
});
