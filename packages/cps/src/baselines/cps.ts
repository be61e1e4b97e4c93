import { ddim } from '@lab/diffusion-core';
import { constrain, type ConstrainOptions } from '../sampler/constrain';
import { runControls } from './run-controls';
import type { SeriesMethod } from './types';
import type { EtaOptions } from './unconstrained';

export interface CpsMethodOptions extends EtaOptions, Omit<ConstrainOptions, 'clamp'> {
  /** @default 'cps' */
  readonly name?: string;
}

/** Constrained Posterior Sampling with the signature of the baselines. `cpsSample` is the same for users. */
export function cps({ eta = 0, name = 'cps', ...options }: CpsMethodOptions = {}): SeriesMethod {
  return {
    name,
    run: (problem, run) =>
      runControls(problem, run, {
        solver: ddim({ eta }),
        controls: [constrain(problem.projector, options)],
      }),
  };
}
