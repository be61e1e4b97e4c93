import { multiply, type Control } from '@lab/diffusion-core';
import { LabError } from '@lab/tensor-core/errors';
import { gainAt, type Gain } from './gains';
import { slack } from './lqr';

/** The paper's default strength: eta = 0.9 in the first quarter of the steps. */
export const defaultEta = { kind: 'constant', value: 0.9, stopFraction: 0.25 } as const satisfies Gain;

export interface RfInversionOptions<X> {
  /** [B, ...] the image that generation is pulled to; stays the caller's. */
  readonly reference: X;
  /** Reverse guidance eta: 1 follows the straight line to the reference, 0 the flow. @default 0.9 in the first quarter of the steps */
  readonly eta?: Gain | undefined;
  /** Weight of the end point in the regulator, above 0. @default Infinity */
  readonly lambda?: number | undefined;
  /** [B, ...] factors of eta, entry by entry: 1 where the reference is kept, 0 where it is free. @default 1 everywhere */
  readonly mask?: X | undefined;
  /** Takes eta outside [0, 1]. @default false */
  readonly allowExtrapolation?: boolean | undefined;
}

/**
 * Algorithm 2 as a control: the pull to a reference image during generation with a rectified flow.
 *
 * The controlled velocity `u' = u + eta ((x - y0) / t - u)` has the posterior mean `x - t u' = (1 - eta) x0 + eta y0`,
 * and the noise that belongs to it is the one for which state and mean agree. So the pull is a blend of the posterior
 * mean with the reference, and `noise: 'recompute'` makes any solver's step the step along u'. At finite lambda the
 * reference is `(1 - k) x + k y0` with `k = t / (1/lambda + t)` instead.
 *
 * It composes with other controls, guidance and solvers; `editFlow` is the whole method in one call.
 *
 * @throws LabError `argument` from the run for eta outside [0, 1], `unsupported` for a schedule that is no flow
 * @example
 * const control = rfInversion({ reference: image, eta: { kind: 'constant', value: 0.9, stop: 7 } });
 * const { samples } = await sample(denoiser, { schedule, init: inversion.noise, controls: [control], solver: flowOde(), key });
 */
export function rfInversion<X>({
  reference,
  eta = defaultEta,
  lambda = Infinity,
  mask,
  allowExtrapolation,
}: RfInversionOptions<X>): Control<X> {
  const inverse = slack(lambda);
  return {
    name: 'rf-inversion',
    noise: 'recompute',
    estimate(x0, { index, steps, t, x, schedule, denoiser: { space } }) {
      if (schedule.kind !== 'flow')
        throw new LabError('unsupported', 'rfInversion pulls along rectified flows alone', {
          argument: 'schedule',
          expected: 'rectifiedFlowSchedule()',
          received: schedule.name,
          hint: 'flowDenoiser(denoiser, schedule) reads a variance-preserving model as a flow',
        });
      const strength = gainAt(eta, { index, steps, t }, { name: 'eta', allowExtrapolation });
      if (strength === 0) return x0;
      const k = t / (inverse + t);
      const towards: [number, X][] = [
        [strength * k, reference],
        [strength * (1 - k), x],
      ];
      if (mask === undefined) return space.combine([[1 - strength, x0], ...towards]);
      const difference = space.combine([[-strength, x0], ...towards]);
      const masked = multiply(space, difference, mask);
      try {
        return space.combine([
          [1, x0],
          [1, masked],
        ]);
      } finally {
        space.dispose(difference);
        space.dispose(masked);
      }
    },
  };
}
