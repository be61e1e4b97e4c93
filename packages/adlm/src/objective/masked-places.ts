import { tf, type Tensor } from '@lab/tensor-core';
import { logLinearMasking, type MaskingSchedule, type TokenArray } from '@lab/diffusion-core/discrete';
import type { MaskingTimes } from './masked-batch';

/** The masked tokens of a batch that count, which are all that the likelihood bound needs predictions of. */
export interface MaskedPlaces {
  /** Where they are, int32 [K], counted through the batch: place l of sequence b is b L + l. */
  readonly places: Tensor;
  /** The clean tokens there, int32 [K, 1]. */
  readonly targets: Tensor;
  /** The weights of their losses, [K, 1]; 0 at entries that only fill up. */
  readonly weights: Tensor;
}

/**
 * Collects the masked tokens of a batch. Their number K is the same for all batches of one shape, since each new shape is
 * compiled anew: it is `maskedRoom`, filled up with the first place at weight 0. Nothing where that is too little, or
 * nearly all there are.
 */
export function maskedPlaces(
  { tokens, noisy, weights }: { tokens: TokenArray; noisy: TokenArray; weights: Float32Array },
  { maskId, ...times }: MaskingTimes & { readonly maskId: number },
): MaskedPlaces | undefined {
  const found: number[] = [];
  for (const [at, id] of noisy.data.entries()) if (id === maskId && weights[at] !== 0) found.push(at);
  const room = maskedRoom(tokens.shape as [number, number], times);
  if (found.length > room || room > 0.9 * weights.length) return undefined;
  const places = new Int32Array(room);
  places.set(found);
  return {
    places: tf.tensor1d(places, 'int32'),
    targets: tf.tensor2d(
      places.map((at) => tokens.data[at]!),
      [room, 1],
      'int32',
    ),
    weights: tf.tensor2d(
      Float32Array.from(places, (at, i) => (i < found.length ? weights[at]! : 0)),
      [room, 1],
    ),
  };
}

/**
 * Room for the masks of a batch [B, L]: their expected number and three standard deviations, which about one batch in
 * a thousand exceeds.
 *
 * @example
 * maskedRoom([32, 128], {}); // 2,129 of 4,096
 */
export function maskedRoom([batch, length]: readonly [number, number], times: MaskingTimes): number {
  const chance = chanceOfMask(times);
  const points = 16;
  const parts = Array.from({ length: batch }, (_, part) =>
    Array.from({ length: points }, (__, i) => chance((part + (i + 0.5) / points) / batch)),
  );
  const all = parts.flat();
  const expected = mean(all);
  const ofTimes = times.antithetic === false ? variance(all) : mean(parts.map(variance));
  const ofDraws = mean(all.map((p) => p * (1 - p)));
  const deviation = Math.sqrt(ofTimes / batch + ofDraws / (batch * length));
  return Math.min(batch * length, Math.ceil(batch * length * (expected + 3 * deviation)));
}

/** The chance of a place to be masked at the time that a uniform number draws. */
function chanceOfMask({
  schedule = logLinearMasking(),
  spread = 'even',
}: MaskingTimes): (u: number) => number {
  const at = (t: number): number => 1 - schedule.alpha(t);
  if (spread === 'even') return (u) => at(1e-3 + (1 - 1e-3) * u);
  const [least, most] = leastAndMost(schedule);
  return (u) => least * (most / least) ** u;
}

/** The chances of masking at the times between which training draws. */
export function leastAndMost(schedule: MaskingSchedule): readonly [number, number] {
  return [-Math.expm1(-schedule.totalNoise(1e-3)), -Math.expm1(-schedule.totalNoise(1))];
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

function variance(values: readonly number[]): number {
  const middle = mean(values);
  return mean(values.map((value) => (value - middle) ** 2));
}
