import { LabError } from '@lab/tensor-core/errors';
import { foldIn } from '@lab/tensor-core/random';
import { ddim } from '@lab/diffusion-core';
import { runControls } from './run-controls';
import type { SeriesMethod } from './types';
import type { EtaOptions } from './unconstrained';

export interface RejectionOptions extends EtaOptions {
  /** Rounds of `batch` free samples. @default 10 */
  readonly rounds?: number;
  /** Total violation up to which a sample is accepted. @default 0.01 */
  readonly threshold?: number;
}

/**
 * Samples freely until the constraints hold. A place in the batch that no round filled keeps its best candidate, so the
 * violation says what was not found; equalities are never met this way.
 */
export function rejection({ rounds = 10, threshold = 1e-2, eta = 0 }: RejectionOptions = {}): SeriesMethod {
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new LabError('argument', 'rejection: rounds is a positive integer', {
      argument: 'rounds',
      received: rounds,
    });
  return {
    name: 'rejection',
    async run(problem, { init, ...options }) {
      const solver = ddim({ eta });
      const best = await runControls(problem, { ...options, ...(init && { init }) }, { solver });
      const size = best.samples.data.length / problem.batch;
      let { modelCalls, seconds } = best;
      const isDone = (): boolean => best.violation.every((value) => value <= threshold);
      for (let round = 1; round < rounds && !isDone(); round++) {
        const next = await runControls(problem, { ...options, key: foldIn(options.key, round) }, { solver });
        modelCalls += next.modelCalls;
        seconds += next.seconds;
        next.violation.forEach((value, b) => {
          if (best.violation[b]! <= Math.max(value, threshold)) return;
          best.violation[b] = value;
          best.samples.data.set(next.samples.data.subarray(b * size, (b + 1) * size), b * size);
        });
      }
      return { ...best, modelCalls, seconds };
    },
  };
}
