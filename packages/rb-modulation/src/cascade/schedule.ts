import { LabError } from '@lab/tensor-core/errors';
import type { Schedule } from '@lab/diffusion-core';

/** Nichol and Dhariwal's offset of the cosine. */
const offset = 0.008;
const quarter = Math.PI / 2;
const least = Math.cos((offset / (1 + offset)) * quarter) ** 2;
const [lowest, highest] = [1e-4, 0.9999] as const;
const limit = Math.log(highest / lowest);

/** log(alpha^2 / sigma^2) of Stable Cascade's cosine schedule at r in [0, 1], limited to that of signal levels 1e-4 and 0.9999. */
export function cascadeLogSnr(r: number, { shift = 1 }: CascadeScheduleOptions = {}): number {
  const level = Math.cos(((offset + r) / (1 + offset)) * quarter) ** 2 / least;
  const signal = Math.min(highest, Math.max(lowest, level));
  const plain = Math.log(signal / (1 - signal));
  return Math.min(limit, Math.max(-limit, plain - 2 * Math.log(shift)));
}

/** What Stable Cascade's networks are told of a noise level: the time of the unshifted schedule that has it. */
export function cascadeNoiseCondition(logSnr: number): number {
  const signal = 1 / (1 + Math.exp(-logSnr));
  return (Math.acos(Math.sqrt(signal * least)) / quarter) * (1 + offset) - offset;
}

export interface CascadeScheduleOptions {
  /** Above 1 spends more steps on noise: 2 for Stage C, 1 for Stage B. @default 1 */
  readonly shift?: number;
}

/**
 * The schedule of Stable Cascade (its GDF library): a cosine in log signal-to-noise ratio, shifted by the resolution and
 * limited at both ends; variance preserving, so that `ddim()` and `ddpm()` are its samplers. At t = 0 it is exactly clean, where
 * the released code ends at a noise of 0.01.
 *
 * @example
 * await sample(denoiser, { schedule: cascadeSchedule({ shift: 2 }), steps: 20, shape: [1, 24, 24, 16], key: key(0) });
 */
export function cascadeSchedule({ shift = 1 }: CascadeScheduleOptions = {}): Schedule {
  if (!(shift > 0 && Number.isFinite(shift)))
    throw new LabError('argument', 'shift must be positive', { argument: 'shift', received: shift });
  const logSnr = (t: number): number => {
    if (!(t >= 0 && t <= 1))
      throw new LabError('argument', 'a diffusion time lies in [0, 1]', { argument: 't', received: t });
    return t === 0 ? Infinity : cascadeLogSnr(t, { shift });
  };
  const level = (value: number): number => Math.sqrt(1 / (1 + Math.exp(-value)));
  return {
    name: 'stable-cascade',
    kind: 'vp',
    alpha: (t) => level(logSnr(t)),
    sigma: (t) => level(-logSnr(t)),
    logSnr,
    times(steps) {
      if (!Number.isInteger(steps) || steps < 1)
        throw new LabError('argument', 'steps must be a positive integer', {
          argument: 'steps',
          received: steps,
        });
      return Array.from({ length: steps + 1 }, (_, i) => (steps - i) / steps);
    },
  };
}
