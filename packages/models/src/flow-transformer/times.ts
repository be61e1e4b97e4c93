import { LabError } from '@lab/tensor-core/errors';

export interface ResolutionShiftOptions {
  /** Tokens of a small image, and the shift that it gets. @default 256 and 0.5 */
  readonly base?: { readonly tokens: number; readonly shift: number } | undefined;
  /** Tokens of a large image, and the shift that it gets. @default 4096 and 1.15 */
  readonly max?: { readonly tokens: number; readonly shift: number } | undefined;
}

/** Flux's logarithm of the shift for an image of so many tokens: a line through two known sizes, also beyond them. */
export function resolutionShift(
  tokens: number,
  { base = { tokens: 256, shift: 0.5 }, max = { tokens: 4096, shift: 1.15 } }: ResolutionShiftOptions = {},
): number {
  const slope = (max.shift - base.shift) / (max.tokens - base.tokens);
  return slope * (tokens - base.tokens) + base.shift;
}

/**
 * A time in [0, 1] pulled towards noise: `s t / (1 + (s - 1) t)` (Esser et al. 2024, section 5.3.2). The shift s is 3 for
 * Stable Diffusion 3, and `Math.exp(resolutionShift(tokens))` for Flux.
 */
export function shiftTime(t: number, shift: number): number {
  if (!(t >= 0 && t <= 1 && shift > 0 && Number.isFinite(shift)))
    throw new LabError('argument', 'shiftTime: the time lies in [0, 1], the shift is above 0', {
      received: { t, shift },
    });
  return (shift * t) / (1 + (shift - 1) * t);
}

/**
 * The grid of a run, for `sample(..., { times })`: `steps` shifted times from 1 down, and 0.
 *
 * @example
 * const times = shiftedTimes({ steps: 28, shift: Math.exp(resolutionShift(1024)) });
 */
export function shiftedTimes({ steps, shift }: { readonly steps: number; readonly shift: number }): number[] {
  if (!(Number.isSafeInteger(steps) && steps >= 1))
    throw new LabError('argument', 'shiftedTimes: steps is a whole number from 1', {
      argument: 'steps',
      received: steps,
    });
  return Array.from({ length: steps + 1 }, (_, i) => shiftTime(1 - i / steps, shift));
}
