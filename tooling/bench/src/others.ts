import { cpus } from 'node:os';

/** Seconds that all cores have been at work since the machine started. */
function busySeconds(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000;
}

/**
 * Begins to watch the machine; the function that it gives is called at the end with the processor time that is our own,
 * and answers how many cores other processes kept at work meanwhile. Threads that wait for each other lose far more than
 * their share to them, PyTorch's above all, so a run counts only if it was alone.
 */
export function watchOthers(): (ownSeconds: number) => number {
  const [start, before] = [performance.now(), busySeconds()];
  return (ownSeconds) => {
    const elapsed = (performance.now() - start) / 1000;
    return Math.max(0, busySeconds() - before - ownSeconds) / elapsed;
  };
}
