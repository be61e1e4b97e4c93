import { tf, type Tensor } from '../tf';

/** What an adapter adds to a weight: `down` [inputs, rank], `up` [rank, outputs], its scale already worked in. */
export interface LowRankBranch {
  readonly down: Tensor;
  readonly up: Tensor;
  /** What the adapter's own input goes through first, as a rule dropout. */
  readonly drop?: ((x: Tensor) => Tensor) | undefined;
}

const marker = Symbol.for('@lab/adapted-weight');

/**
 * A weight together with a change of low rank that is computed beside it and not added to it. It stands in the
 * weight's place, as one leaf; layers that know nothing of it fail on it, rather than leave the change out unnoticed.
 */
export class AdaptedWeight {
  readonly [marker] = true;

  constructor(
    readonly weight: Tensor,
    readonly branch: LowRankBranch,
  ) {}
}

/** True for an `AdaptedWeight` of any copy of this package in the process. */
export function isAdaptedWeight(value: unknown): value is AdaptedWeight {
  return typeof value === 'object' && value !== null && marker in value;
}

/**
 * `x weight` for rows [n, inputs] and a weight [inputs, outputs], which `lora.attach` may have put an adapter beside:
 * `x weight + drop(x) down up` (Hu et al. 2021, eq. 3).
 *
 * @example
 * const y = tf.add(matMulWeight(rows, params.weight), params.bias);
 */
export function matMulWeight(x: Tensor, weight: Tensor): Tensor {
  return adapted(weight, x, tf.matMul, (low, up) => tf.matMul(low, up));
}

/** Rows of a table [count, width] at int32 ids [...], through an adapter of the table as well. */
export function gatherWeight(ids: Tensor, weight: Tensor): Tensor {
  return adapted(
    weight,
    ids,
    (places, table) => tf.gather(table, places),
    (low, up) => {
      const rank = up.shape[0];
      const product = tf.matMul(tf.reshape(low, [low.size / rank, rank]), up);
      return tf.reshape(product, [...ids.shape, up.shape[1]!]);
    },
  );
}

/**
 * A map that is linear in its weight [..., inputs, outputs], through an adapter of the weight too: the map with `down`
 * in the weight's place, then `mix` with `up`.
 */
export function adapted(
  weight: Tensor,
  x: Tensor,
  map: (x: Tensor, weight: Tensor) => Tensor,
  mix: (low: Tensor, up: Tensor) => Tensor,
): Tensor {
  const given: unknown = weight;
  if (!isAdaptedWeight(given)) return map(x, weight);
  const { down, up, drop } = given.branch;
  const own = given.weight;
  const shape = [...own.shape.slice(0, -1), down.shape[1]!];
  const kernel = down.shape.length === shape.length ? down : tf.reshape(down, shape);
  return tf.add(map(x, own), mix(map(drop ? drop(x) : x, kernel), up));
}
