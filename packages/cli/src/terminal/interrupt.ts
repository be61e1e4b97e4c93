/** Aborts on the first Ctrl-C (or SIGTERM), so that work stops cleanly; the second ends the process at once. */
export function abortOnInterrupt(stderr: (text: string) => void): AbortSignal {
  const controller = new AbortController();
  const interrupted = (): void => {
    if (controller.signal.aborted) process.exit(130);
    stderr('\nlab: stopping and keeping what is finished; press Ctrl-C again to stop at once\n');
    controller.abort();
  };
  process.on('SIGINT', interrupted);
  process.on('SIGTERM', interrupted);
  return controller.signal;
}
