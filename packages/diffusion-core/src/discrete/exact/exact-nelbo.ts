import { LabError } from '@lab/tensor-core/errors';
import { maskedCrossEntropy } from '../likelihood/masked-cross-entropy';
import type { MaskingSchedule, TokenArray, TokenDenoiser } from '../types';
import { greatestRemasking } from '../solvers/kernel';

/**
 * The weight of the masked sets of `masked` out of `length` places in the likelihood bound,
 * `(k - 1)! (n - k)! / n! = 1 / (k C(n, k))`: the integral over time of a set's chance times the weight of the loss, the
 * same for every schedule.
 */
export function subsetWeight(masked: number, length: number): number {
  let weight = 1 / masked;
  for (let i = 1; i <= masked; i++) weight *= i / (length - masked + i);
  return weight;
}

export interface ExactOptions {
  /** 1 at places whose cross-entropy counts, row-major [batch, length]. @default all */
  readonly mask?: ArrayLike<number> | undefined;
  /** 1 at places that are masked and unmasked. @default all */
  readonly targets?: ArrayLike<number> | undefined;
}

/**
 * `sum over masked sets S of weight(|S|) sum over l in S of -log p(x_l | what S leaves visible)` for each sequence, in
 * nats, over all sets.
 *
 * @throws LabError `argument` for more than 16 places that may be masked
 */
export async function subsetSum(
  denoiser: TokenDenoiser,
  tokens: TokenArray,
  {
    weight,
    mask,
    targets,
  }: ExactOptions & {
    /** Of a masked set, from its size and the number of places that may be masked. */
    readonly weight: (masked: number, places: number) => number;
  },
): Promise<Float64Array> {
  const [batch, length] = tokens.shape as [number, number];
  const sums = new Float64Array(batch);
  for (let sequence = 0; sequence < batch; sequence++) {
    const first = sequence * length;
    const places = Array.from({ length }, (_, place) => place).filter(
      (place) => (targets?.[first + place] ?? 1) !== 0,
    );
    if (places.length > 16)
      throw new LabError('argument', 'all masked sets can be visited for at most 16 places', {
        argument: 'tokens',
        received: places.length,
        hint: "take estimator: 'count'",
      });
    const sets = 2 ** places.length - 1;
    const clean = tokens.data.subarray(first, first + length);
    const rows = Int32Array.from({ length: sets * length }, (_, i) => clean[i % length]!);
    for (let set = 1; set <= sets; set++)
      for (const [bit, place] of places.entries())
        if ((set >> bit) & 1) rows[(set - 1) * length + place] = denoiser.maskId;
    const targetsOf = Int32Array.from({ length: sets * length }, (_, i) => clean[i % length]!);
    const losses = await maskedCrossEntropy(
      denoiser,
      { shape: [sets, length], data: rows },
      { targets: { shape: [sets, length], data: targetsOf } },
    );
    for (let set = 1; set <= sets; set++) {
      const size = places.filter((_, bit) => (set >> bit) & 1).length;
      let sum = 0;
      for (const [bit, place] of places.entries())
        if ((set >> bit) & 1 && (mask?.[first + place] ?? 1) !== 0)
          sum += losses[(set - 1) * length + place]!;
      // 0 times an infinite loss of a set that cannot occur
      const each = weight(size, places.length);
      if (each !== 0) sums[sequence]! += each * sum;
    }
  }
  return sums;
}

/** The likelihood bound in continuous time of each sequence in nats, without an estimator. */
export function exactNelbo(
  denoiser: TokenDenoiser,
  tokens: TokenArray,
  options: ExactOptions = {},
): Promise<Float64Array> {
  return subsetSum(denoiser, tokens, { ...options, weight: subsetWeight });
}

export interface DiscreteNelboOptions extends ExactOptions {
  /** Number of steps T; times are `i / T`. */
  readonly steps: number;
  /** @default `alpha = 1 - t` */
  readonly schedule?: MaskingSchedule;
  /** Weighs the step that starts at time t, such as a loss weight that depends on it. @default 1 */
  readonly stepScale?: (t: number) => number;
  /** Chance of remasking in every step, limited to what keeps the marginals. @default 0 */
  readonly remasking?: number;
}

/**
 * The weight of one step in the bound of T steps, `-lambda = (alphaNext - (1 - remasking) alpha) / (1 - alpha)`: the chance
 * of a mask to be unmasked in it.
 */
export function stepWeight(alpha: number, alphaNext: number, remasking = 0): number {
  return (alphaNext - (1 - remasking) * alpha) / (1 - alpha);
}

/**
 * The likelihood bound of the reverse process with `steps` steps, in nats, exactly: with remasking it is looser, and
 * without it falls to {@link exactNelbo} as the steps grow.
 */
export function discreteNelbo(
  denoiser: TokenDenoiser,
  tokens: TokenArray,
  { steps, schedule, remasking = 0, stepScale = () => 1, ...rest }: DiscreteNelboOptions,
): Promise<Float64Array> {
  const alphaAt = (i: number): number => schedule?.alpha(i / steps) ?? 1 - i / steps;
  const weight = (masked: number, places: number): number => {
    let sum = 0;
    for (let i = 1; i <= steps; i++) {
      const [alpha, alphaNext] = [alphaAt(i), alphaAt(i - 1)];
      const chance = Math.min(remasking, greatestRemasking(alpha, alphaNext));
      const set = alpha ** (places - masked) * (1 - alpha) ** masked;
      sum += set * stepWeight(alpha, alphaNext, chance) * stepScale(i / steps);
    }
    return sum;
  };
  return subsetSum(denoiser, tokens, { ...rest, weight });
}
