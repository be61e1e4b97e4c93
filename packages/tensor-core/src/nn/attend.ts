import { LabError } from '../errors';
import { fusedMaskedSoftmax, isFusing } from '../kernels/fused';
import { tf, type Tensor } from '../tf';

export interface AttendOptions {
  /** Which places may be seen, 1 or true where they may; broadcasts to [..., length, places]. */
  readonly mask?: Tensor;
  /** Row i of n sees places up to i + places - n. @default false */
  readonly causal?: boolean;
  /** What the attention's weights [..., length, places] go through before they weigh the values: dropout, or maps put in their place. */
  readonly mapWeights?: ((weights: Tensor) => Tensor) | undefined;
}

/** An attention: queries [..., length, d], keys [..., places, d] and values [..., places, e] to [..., length, e]. */
export type Attend = (q: Tensor, k: Tensor, v: Tensor, options?: AttendOptions) => Tensor;

/**
 * Scaled dot-product attention, `softmax(q k^T / sqrt(d)) v` (Vaswani et al. 2017, eq. 1). A row that may see nothing
 * gets zeros.
 *
 * @param q queries [..., length, d]
 * @param k keys [..., places, d]
 * @param v values [..., places, e]
 * @returns [..., length, e]
 */
export function attend(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { mask, causal = false, mapWeights = (weights) => weights }: AttendOptions = {},
): Tensor {
  const [length, places, width] = [q.shape.at(-2), k.shape.at(-2), q.shape.at(-1)];
  if (
    length === undefined ||
    places === undefined ||
    width === undefined ||
    width !== k.shape.at(-1) ||
    places !== v.shape.at(-2)
  )
    throw new LabError('shape', 'attend: queries, keys and values do not fit', {
      expected: 'q [...,length,d], k [...,places,d], v [...,places,e]',
      received: [q.shape, k.shape, v.shape],
    });
  return tf.tidy(() => {
    const scores = tf.matMul(tf.mul(q, 1 / Math.sqrt(width)), k, false, true);
    const open = combine(mask, causal ? lowerTriangle(length, places) : undefined);
    if (!open) return tf.matMul(mapWeights(tf.softmax(scores)), v);
    if (isFusing()) return tf.matMul(mapWeights(fusedMaskedSoftmax(scores, open)), v);
    // Large enough to leave exactly no weight, small enough for a row of nothing but it to stay finite.
    const closed = tf.mul(tf.sub(open, 1), 1e9);
    const weights = tf.softmax(tf.add(scores, closed));
    // Without a mask of the caller's, every row sees something, and what is closed weighs exactly nothing already.
    const exact = mask === undefined && places >= length;
    return tf.matMul(mapWeights(exact ? weights : tf.mul(weights, open)), v);
  });
}

function combine(mask: Tensor | undefined, triangle: Tensor | undefined): Tensor | undefined {
  const open = mask && tf.cast(mask, 'float32');
  return open && triangle ? tf.mul(open, triangle) : (open ?? triangle);
}

function lowerTriangle(length: number, places: number): Tensor {
  const values = new Float32Array(length * places);
  for (let i = 0; i < length; i++)
    values.fill(1, i * places, i * places + Math.max(i + 1 + places - length, 0));
  return tf.tensor2d(values, [length, places]);
}
