import type { Space } from '@lab/diffusion-core';
import { LabError } from '@lab/tensor-core/errors';
import type { CostAndGradient } from '../costs/types';
import { freeMemory, type Descent, type DescentMemory } from './descent';

/** Where in a run an inner loop runs, for errors and reports. */
export interface InnerLoopPlace {
  /** 0 for the noisiest level. */
  readonly index: number;
  readonly t: number;
  readonly signal: AbortSignal | undefined;
}

export interface InnerLoopTask<X> {
  /** Cost and gradient of the sum at z. */
  readonly evaluate: (z: X) => CostAndGradient<X> | Promise<CostAndGradient<X>>;
  readonly descent: Descent<X>;
  readonly rate: number;
  readonly steps: number;
  readonly place: InnerLoopPlace;
}

export interface InnerLoopResult<X> {
  /** A new state, or the start itself after no step. */
  readonly z: X;
  /** [steps][B] the costs before each step. */
  readonly costs: readonly Float64Array[];
}

/**
 * M steps down a cost from a state, which stays the caller's.
 *
 * @throws LabError `numeric` where a gradient is not finite, naming t, inner step and cost, `aborted`
 */
export async function innerLoop<X>(
  space: Space<X>,
  start: X,
  { evaluate, descent, rate, steps, place }: InnerLoopTask<X>,
): Promise<InnerLoopResult<X>> {
  let z = start;
  let memory: DescentMemory<X> | undefined;
  const costs: Float64Array[] = [];
  const move = (to: X): void => {
    if (z !== start) space.dispose(z);
    z = to;
  };
  try {
    for (let k = 0; k < steps; k++) {
      if (place.signal?.aborted)
        throw new LabError('aborted', 'RB-Modulation was aborted by the caller', {
          cause: place.signal.reason,
        });
      const { costs: before, gradient } = await evaluate(z);
      costs.push(before);
      try {
        if (!(await space.isFinite(gradient)))
          throw new LabError('numeric', `the gradient of the terminal cost is not finite, inner step ${k}`, {
            received: { t: place.t, step: place.index, costs: Array.from(before.slice(0, 8)) },
            hint: 'lower eta, or look at the descriptor where images are flat or outside their range',
          });
        const stepped = descent.step(gradient, memory, rate);
        ({ memory } = stepped);
        const next = space.combine([
          [1, z],
          [1, stepped.step],
        ]);
        space.dispose(stepped.step);
        move(next);
      } finally {
        space.dispose(gradient);
      }
    }
    return { z, costs };
  } catch (error) {
    move(start);
    throw error;
  } finally {
    if (memory) freeMemory(space, memory);
  }
}
