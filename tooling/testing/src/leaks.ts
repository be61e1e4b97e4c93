import { engine } from '@tensorflow/tfjs-core';
import { expect } from 'vitest';

/** Tensors alive in this process. Needs no backend, unlike `tf.memory()`. */
export function liveTensors(): number {
  return engine().state.numTensors;
}

/**
 * Runs `fn` and fails when tensors that it made are still alive (or ones it did not make are gone). What `fn` returns
 * is passed on, so it must not be a tensor unless `kept` counts it.
 *
 * @example
 * await expectNoLeak(async () => { const y = await method(x); y.dispose(); });
 */
export async function expectNoLeak<T>(
  fn: () => T | Promise<T>,
  /** `kept`: how many tensors `fn` is meant to leave behind, 0 unless given. */
  { kept = 0 }: { readonly kept?: number } = {},
): Promise<T> {
  const before = liveTensors();
  const result = await fn();
  const left = liveTensors() - before;
  expect(left, `tensors left alive (meant: ${kept})`).toBe(kept);
  return result;
}
