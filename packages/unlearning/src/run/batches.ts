import { foldIn, permutation, type Key } from '@lab/tensor-core/random';

/** Which rows each step sees: a pure function of the step. */
export interface BatchPlan {
  readonly stepsPerEpoch: number;
  retain(step: number): Int32Array;
  /** Empty where there is nothing to forget. */
  forget(step: number): Int32Array;
}

/**
 * The paper's protocol: an epoch goes through the forget batches, each beside a retain batch of the same size; the passes over
 * the retained rows go on from epoch to epoch and leave out the last partial batch of a pass. Without rows to forget an epoch
 * is a pass over the retained ones; without `batchSize` one step sees everything.
 */
export function batchPlan(
  key: Key,
  counts: { readonly retain: number; readonly forget: number },
  batchSize?: number,
): BatchPlan {
  const { retain, forget } = counts;
  if (batchSize === undefined) {
    const all = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i);
    return { stepsPerEpoch: 1, retain: () => all(retain), forget: () => all(forget) };
  }
  const perPass = Math.max(1, Math.floor(retain / batchSize));
  const stepsPerEpoch = forget > 0 ? Math.ceil(forget / batchSize) : perPass;
  const pass = (side: number, index: number, count: number): Int32Array =>
    permutation(foldIn(foldIn(key, side), index), count);
  return {
    stepsPerEpoch,
    retain(step) {
      const start = (step % perPass) * batchSize;
      return pass(0, Math.floor(step / perPass), retain).subarray(start, start + batchSize);
    },
    forget(step) {
      if (forget === 0) return new Int32Array(0);
      const start = (step % stepsPerEpoch) * batchSize;
      return pass(1, Math.floor(step / stepsPerEpoch), forget).subarray(start, start + batchSize);
    },
  };
}
