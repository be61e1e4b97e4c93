import type { Space } from '@lab/diffusion-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Key } from '@lab/tensor-core/random';

export interface ControlledNoisingOptions<X> {
  /** Noise level of the given state, in [0, 1). @default 0, an image */
  readonly from?: number;
  /** Noise level to reach, in [from, 1]. */
  readonly to: number;
  /** Forward guidance in [0, 1], constant. @default 0, the rectified-flow noising (12) */
  readonly gamma?: number;
  /** [B, ...] the noise y1 that gamma leads to; needed when gamma is not 0. */
  readonly target?: X;
  readonly key: Key;
}

/**
 * A draw from the exact transition of the controlled forward SDE (10),
 * `dY = -(Y - gamma y1) / (1 - t) dt + sqrt(2 (1 - gamma) t / (1 - t)) dW`, from level a to b: with r = (1 - b) / (1 - a),
 *
 * `Y_b = r Y_a + gamma (b - r a) y1 + sqrt((1 - gamma) (b^2 - a^2 r^2)) noise`.
 *
 * It needs no network and no steps. For 0 < gamma < 1 its law is not that of ODE (8) with a network's velocity: the
 * paper's Theorem 3.4 puts the score of the flow in the place of the controlled process's own.
 */
export function controlledNoising<X>(
  space: Space<X>,
  x: X,
  { from: a = 0, to: b, gamma = 0, target, key }: ControlledNoisingOptions<X>,
): X {
  if (!(a >= 0 && a < 1 && b >= a && b <= 1))
    throw new LabError('argument', 'noising goes from a level in [0, 1) to one not below it', {
      argument: 'from, to',
      received: [a, b],
    });
  if (!(gamma >= 0 && gamma <= 1) || (gamma > 0 && target === undefined))
    throw new LabError('argument', 'gamma lies in [0, 1] and needs the noise that it leads to', {
      argument: gamma > 0 && gamma <= 1 ? 'target' : 'gamma',
      received: gamma,
    });
  const { state, pulled, deviation } = noisingLaw({ from: a, to: b, gamma });
  const noise = space.normal(key, space.shape(x));
  try {
    return space.combine([
      [state, x],
      [deviation, noise],
      ...(target === undefined ? [] : [[pulled, target] as [number, X]]),
    ]);
  } finally {
    space.dispose(noise);
  }
}

/** The transition's weights of state and target, and its standard deviation. */
export function noisingLaw({
  from: a = 0,
  to: b,
  gamma = 0,
}: {
  from?: number;
  to: number;
  gamma?: number;
}): {
  state: number;
  pulled: number;
  deviation: number;
} {
  const r = (1 - b) / (1 - a);
  const variance = Math.max(0, (1 - gamma) * (b * b - a * a * r * r));
  return { state: r, pulled: gamma * (b - r * a), deviation: Math.sqrt(variance) };
}
