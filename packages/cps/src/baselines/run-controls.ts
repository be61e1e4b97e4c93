import { clampEstimate, ddim, sample, type Control, type Solver } from '@lab/diffusion-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import type { ConstrainedProblem, MethodOptions, MethodResult } from './types';

export interface ControlRun {
  readonly controls?: readonly Control<Array64>[];
  /** @default ddim() */
  readonly solver?: Solver;
}

/** Samples under some controls; what most methods are. */
export async function runControls(
  { denoiser, schedule, projector, batch }: ConstrainedProblem,
  { clamp, init, ...options }: MethodOptions,
  { controls = [], solver = ddim() }: ControlRun = {},
): Promise<MethodResult> {
  const clamps = clamp ? [clampEstimate<Array64>({ low: clamp[0], high: clamp[1] })] : [];
  const { samples, modelCalls, seconds } = await sample(denoiser, {
    ...options,
    schedule,
    solver,
    controls: [...clamps, ...controls],
    ...(init ? { init } : { shape: [batch, ...projector.shape] }),
  });
  return { samples, violation: projector.violation(samples), modelCalls, seconds };
}
