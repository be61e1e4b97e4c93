import { ddim } from '@lab/diffusion-core';
import { runControls } from './run-controls';
import type { SeriesMethod } from './types';

export interface EtaOptions {
  /** Share of DDPM's noise, in [0, 1]. @default 0 */
  readonly eta?: number;
}

/** DDIM as if there were no constraints. */
export function unconstrained({ eta = 0 }: EtaOptions = {}): SeriesMethod {
  return {
    name: 'unconstrained',
    run: (problem, options) => runControls(problem, options, { solver: ddim({ eta }) }),
  };
}
