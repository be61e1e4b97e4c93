import { LabError } from '@lab/tensor-core/errors';
import type { Penalty } from '../constraints/types';

/** Above this ln(gamma) a penalty is the exact projection: e^20 exceeds any multiplier of a problem in standard units. */
export const hardLogGamma = 20;

export const HARD = 0;
export const L1 = 1;
export const QUADRATIC = 2;

/**
 * How a row's violation r is charged in `0.5 |z - x|^2 + 0.5 gamma Pi(z)`: in the dual problem an l1 penalty caps the
 * multiplier and a quadratic one adds to the curvature, so that one routine serves all three.
 */
export interface Mode {
  readonly kind: typeof HARD | typeof L1 | typeof QUADRATIC;
  readonly gamma: number;
  /** Greatest absolute multiplier of a row: gamma / 2 for l1, else Infinity. */
  readonly cap: number;
  /** Added to a row's squared norm: 1 / gamma for quadratic, else 0. */
  readonly softness: number;
}

export const hardMode: Mode = { kind: HARD, gamma: Infinity, cap: Infinity, softness: 0 };

/** The mode of a penalty; ln(gamma) above 20 is exact, -Infinity is no projection at all. */
export function penaltyMode(logGamma: number, penalty: Penalty): Mode {
  if (Number.isNaN(logGamma))
    throw new LabError('argument', 'project: logGamma is not a number', {
      argument: 'logGamma',
      received: 'NaN',
    });
  const known: readonly string[] = ['l1', 'quadratic'];
  if (!known.includes(penalty))
    throw new LabError('argument', 'project: no such penalty', {
      argument: 'penalty',
      received: penalty,
      expected: known,
    });
  if (logGamma > hardLogGamma) return hardMode;
  const gamma = Math.exp(logGamma);
  return penalty === 'l1'
    ? { kind: L1, gamma, cap: gamma / 2, softness: 0 }
    : { kind: QUADRATIC, gamma, cap: Infinity, softness: gamma === 0 ? Infinity : 1 / gamma };
}
