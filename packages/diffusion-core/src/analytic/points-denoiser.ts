import type { Tensor } from '@lab/tensor-core';
import { tf } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { float64Space } from '../spaces/float64-space';
import type { Denoiser, Schedule, Space } from '../types';

export interface PointsOptions<X> {
  /** [n, ...] the points, such as images. */
  readonly points: Array64;
  /** [n] class of each point, from 0. @default all of one class */
  readonly labels?: readonly number[];
  /** Standard deviation of the noise around each point. */
  readonly deviation: number;
  readonly schedule: Schedule;
  /** `tensorSpace` for float32 tensors, differentiable. @default float64Space */
  readonly space?: Space<X>;
}

/** Class of each sample of a batch; -1 is none. */
export type PointClasses = readonly number[];

/**
 * The exact denoiser of a law with a normal of one deviation around each of many points, all equally likely: a network without
 * an error of training. Under a class only that class's points count. For few components of any covariance there is
 * `mixtureDenoiser`.
 *
 * @throws LabError `argument` for no points or a deviation that is not positive; from a prediction `shape` for samples of
 *   another size, `argument` for a class without points
 * @example
 * const denoiser = pointsDenoiser({ points: images, labels, deviation: 0.05, schedule: rectifiedFlowSchedule() });
 */
export function pointsDenoiser(options: PointsOptions<Array64>): Denoiser<Array64, PointClasses>;
export function pointsDenoiser(
  options: PointsOptions<Tensor> & { readonly space: Space<Tensor> },
): Denoiser<Tensor, PointClasses>;
export function pointsDenoiser<X>({
  points,
  labels,
  deviation,
  schedule,
  space = float64Space as unknown as Space<X>,
}: PointsOptions<X>): Denoiser<X, PointClasses> {
  const count = points.shape[0] ?? 0;
  if (!(count > 0 && deviation > 0) || (labels !== undefined && labels.length !== count))
    throw new LabError('argument', 'pointsDenoiser needs points, a positive deviation and a label for each', {
      received: { points: points.shape, deviation, labels: labels?.length },
    });
  const size = points.data.length / count;
  const known: Points = { count, size, data: points.data, members: membersOf(count, labels) };
  const predict = (space.name === 'tensor' ? tensorMean : hostMean) as unknown as Mean<X>;
  return {
    predicts: 'sample',
    space,
    predict(x, t, classes) {
      const shape = space.shape(x);
      if (shape.reduce((product, each) => product * each, 1) !== shape[0]! * size)
        throw new LabError('shape', 'the state does not hold samples of the size of the points', {
          expected: `[batch, ...] with ${size} entries a sample`,
          received: shape,
        });
      const [alpha, sigma] = [schedule.alpha(t), schedule.sigma(t)];
      const variance = (alpha * deviation) ** 2 + sigma ** 2;
      return predict(x, known, { alpha, variance, gain: (alpha * deviation ** 2) / variance, classes });
    },
  };
}

interface Points {
  readonly count: number;
  readonly size: number;
  readonly data: Float64Array;
  /** The points of a class, -1 for all. */
  readonly members: (label: number) => Int32Array;
}

interface PointsLevel {
  readonly alpha: number;
  /** Of x around alpha times a point. */
  readonly variance: number;
  readonly gain: number;
  readonly classes: PointClasses | undefined;
}

/** `m + gain (x - alpha m)`, m being the points' mean weighted by how likely each is to have produced x. */
type Mean<X> = (x: X, points: Points, level: PointsLevel) => X;

function membersOf(count: number, labels: readonly number[] | undefined): Points['members'] {
  const all = Int32Array.from({ length: count }, (_, i) => i);
  const byClass = new Map<number, Int32Array>();
  return (label) => {
    if (label < 0 || labels === undefined) return all;
    const found = byClass.get(label) ?? all.filter((i) => labels[i] === label);
    if (found.length === 0)
      throw new LabError('argument', 'pointsDenoiser: no point has this class', {
        argument: 'condition',
        received: label,
      });
    byClass.set(label, found);
    return found;
  };
}

const hostMean: Mean<Array64> = ({ shape, data: x }, points, { alpha, variance, gain, classes }) => {
  const { count, size, data, members } = points;
  const out = new Float64Array(x.length);
  const weights = new Float64Array(count);
  const centre = new Float64Array(size);
  for (let b = 0, at = 0; at < x.length; b++, at += size) {
    const chosen = members(classes?.[b] ?? -1);
    let least = Infinity;
    for (const i of chosen) {
      const distance = squaredDistance(x, data, { at, from: i * size, size, alpha });
      weights[i] = distance;
      if (distance < least) least = distance;
    }
    centre.fill(0);
    let total = 0;
    for (const i of chosen) {
      const weight = Math.exp((least - weights[i]!) / (2 * variance));
      // What is lost is below the rounding of the sum.
      if (weight < 1e-18) continue;
      total += weight;
      const from = i * size;
      for (let k = 0; k < size; k++) centre[k]! += weight * data[from + k]!;
    }
    for (let k = 0; k < size; k++) {
      const m = centre[k]! / total;
      out[at + k] = m + gain * (x[at + k]! - alpha * m);
    }
  }
  return { shape, data: out };
};

/** `|x - alpha point|^2`; two sums at once, as each addition waits for the one before it. */
function squaredDistance(
  x: Float64Array,
  points: Float64Array,
  { at, from, size, alpha }: { at: number; from: number; size: number; alpha: number },
): number {
  let [even, odd] = [0, 0];
  for (let k = 0; k + 1 < size; k += 2) {
    const a = x[at + k]! - alpha * points[from + k]!;
    const b = x[at + k + 1]! - alpha * points[from + k + 1]!;
    even += a * a;
    odd += b * b;
  }
  if (size % 2 === 1) even += (x[at + size - 1]! - alpha * points[from + size - 1]!) ** 2;
  return even + odd;
}

const tensorMean: Mean<Tensor> = (x, { count, size, data, members }, { alpha, variance, gain, classes }) =>
  tf.tidy(() => {
    const batch = x.shape[0];
    const flat = tf.reshape(x, [batch, size]);
    // Uploaded at each call, so that the denoiser holds no tensor that somebody must free.
    const all = tf.tensor2d(Float32Array.from(data), [count, size]);
    const squares = tf.reshape(tf.sum(tf.square(all), 1), [1, count]);
    const products = tf.matMul(flat, tf.transpose(all));
    const scores = tf.sub(tf.mul(products, alpha / variance), tf.mul(squares, alpha ** 2 / (2 * variance)));
    const closed = classes && tf.tensor2d(closedPoints(classes, { batch, count, members }), [batch, count]);
    const shares = tf.softmax(closed ? tf.add(scores, closed) : scores);
    const mean = tf.matMul(shares, all);
    return tf.reshape(tf.add(tf.mul(mean, 1 - gain * alpha), tf.mul(flat, gain)), x.shape);
  });

/** -1e9 for the points that are not of a sample's class. */
function closedPoints(
  classes: PointClasses,
  { batch, count, members }: { batch: number } & Pick<Points, 'count' | 'members'>,
): Float32Array {
  const closed = new Float32Array(batch * count).fill(-1e9);
  for (let b = 0; b < batch; b++) for (const i of members(classes[b] ?? -1)) closed[b * count + i] = 0;
  return closed;
}
