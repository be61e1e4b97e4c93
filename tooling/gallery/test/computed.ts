import type { Compute } from '../src/worker/protocol';

/** Runs a computing part as the worker does, on WebAssembly, and keeps what it reports. */
export async function computed<Input, Progress, Result>(
  compute: Compute<Input, Progress, Result>,
  input: Input,
  signal = new AbortController().signal,
): Promise<{ readonly result: Result; readonly reports: readonly Progress[] }> {
  const reports: Progress[] = [];
  const report = (value: Progress): void => void reports.push(value);
  return { result: await compute(input, { signal, engine: 'wasm', report }), reports };
}
