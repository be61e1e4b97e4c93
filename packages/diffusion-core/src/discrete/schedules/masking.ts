import { LabError } from '@lab/tensor-core/errors';
import { assertTime } from '../../schedules/validate';
import type { MaskingSchedule } from '../types';

/** A schedule from its total noise and that noise's slope. */
function fromTotalNoise(
  name: string,
  totalNoise: (t: number) => number,
  rate: (t: number) => number,
): MaskingSchedule {
  const checked =
    (of: (t: number) => number) =>
    (t: number): number => {
      assertTime(t);
      return of(t);
    };
  return {
    name,
    alpha: checked((t) => Math.exp(-totalNoise(t))),
    totalNoise: checked(totalNoise),
    rate: checked(rate),
    lossWeight: checked((t) => rate(t) / Math.expm1(totalNoise(t))),
  };
}

export interface LogLinearOptions {
  /** What stays unmasked at t = 1, in [0, 1). @default 1e-3 */
  readonly epsilon?: number;
}

/**
 * A place is masked with probability `(1 - epsilon) t`; the weight of the loss is exactly `1 / t` (Lou et al. 2024; the
 * default of masked diffusion language models).
 *
 * @example
 * logLinearMasking().lossWeight(0.25); // 4
 */
export function logLinearMasking({ epsilon = 1e-3 }: LogLinearOptions = {}): MaskingSchedule {
  assertEpsilon(epsilon);
  const kept = 1 - epsilon;
  const noise = (t: number): number => -Math.log1p(-kept * t);
  return {
    ...fromTotalNoise('log-linear', noise, (t) => kept / (1 - kept * t)),
    alpha: (t) => (assertTime(t), 1 - kept * t),
    lossWeight: (t) => (assertTime(t), 1 / t),
  };
}

/** `alpha = epsilon + (1 - epsilon) cos(pi t / 2)`. */
export function cosineMasking({ epsilon = 1e-3 }: LogLinearOptions = {}): MaskingSchedule {
  assertEpsilon(epsilon);
  const alpha = (t: number): number => epsilon + (1 - epsilon) * Math.cos((Math.PI * t) / 2);
  const fall = (t: number): number => ((1 - epsilon) * Math.sin((Math.PI * t) / 2) * Math.PI) / 2;
  return fromTotalNoise(
    'cosine',
    (t) => -Math.log(alpha(t)),
    (t) => fall(t) / alpha(t),
  );
}

/** `alpha = epsilon + (1 - epsilon) cos^2(pi t / 2)`. */
export function cosineSquaredMasking({ epsilon = 1e-3 }: LogLinearOptions = {}): MaskingSchedule {
  assertEpsilon(epsilon);
  const alpha = (t: number): number => epsilon + (1 - epsilon) * Math.cos((Math.PI * t) / 2) ** 2;
  const fall = (t: number): number => ((1 - epsilon) * Math.sin(Math.PI * t) * Math.PI) / 2;
  return fromTotalNoise(
    'cosine-squared',
    (t) => -Math.log(alpha(t)),
    (t) => fall(t) / alpha(t),
  );
}

export interface NoiseRangeOptions {
  /** Total noise at t = 0, at least 0 (above 0 where it grows geometrically). @default 1e-3 */
  readonly least?: number;
  /** Total noise at t = 1, above `least`. @default 7 */
  readonly greatest?: number;
}

/** Total noise linear in time. */
export function linearMasking({ least = 1e-3, greatest = 7 }: NoiseRangeOptions = {}): MaskingSchedule {
  assertRange('linearMasking', least, greatest, least >= 0);
  return fromTotalNoise(
    'linear',
    (t) => least + t * (greatest - least),
    () => greatest - least,
  );
}

/** Total noise growing geometrically. */
export function geometricMasking({ least = 1e-3, greatest = 7 }: NoiseRangeOptions = {}): MaskingSchedule {
  assertRange('geometricMasking', least, greatest, least > 0);
  const noise = (t: number): number => least ** (1 - t) * greatest ** t;
  return fromTotalNoise('geometric', noise, (t) => noise(t) * Math.log(greatest / least));
}

function assertEpsilon(epsilon: number): void {
  if (!(epsilon >= 0 && epsilon < 1))
    throw new LabError('argument', 'epsilon, what stays unmasked at t = 1, lies in [0, 1)', {
      argument: 'epsilon',
      received: epsilon,
    });
}

function assertRange(name: string, least: number, greatest: number, isAllowed: boolean): void {
  if (!(isAllowed && greatest > least && Number.isFinite(greatest)))
    throw new LabError('argument', `${name} needs total noise that grows from a least to a greatest value`, {
      received: { least, greatest },
    });
}
