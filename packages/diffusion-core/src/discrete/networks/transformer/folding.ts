import { isAdaptedWeight, tf, type LinearParams, type Tensor } from '@lab/tensor-core';
import type { TransformerBlockWeights } from './types';

type Maps = Pick<TransformerBlockWeights, 'queryKeyValue' | 'attentionOutput' | 'up' | 'down'>;

/**
 * The linear maps of a block with its norms' factors worked in, and with the shifts, scales and gates of a condition that
 * all sequences share, [1, width] each: the same function, without a pass over all states for each of them. Nothing where
 * the condition differs from sequence to sequence, or where a weight has an adapter beside it.
 */
export function folding(
  { attentionNorm, feedForwardNorm, ...maps }: TransformerBlockWeights,
  parts: readonly Tensor[] | undefined,
): Maps | undefined {
  const { queryKeyValue, attentionOutput, up, down } = maps;
  const isPlain = [queryKeyValue, attentionOutput, up, down].every(({ weight }) => !isAdaptedWeight(weight));
  if (!isPlain || (parts && parts[0]!.shape[0] !== 1)) return undefined;
  const inner = (map: LinearParams, scale: Tensor | undefined, first: number): LinearParams =>
    behind(map, {
      scale: parts ? joint(scale, parts[first + 1]!) : scale,
      shift: parts?.[first],
    });
  return {
    queryKeyValue: inner(queryKeyValue, attentionNorm.scale, 0),
    attentionOutput: gatedBy(attentionOutput, parts?.[2]),
    up: inner(up, feedForwardNorm.scale, 3),
    down: gatedBy(down, parts?.[5]),
  };
}

/** A norm's own factor [width] and that of a condition, `1 + scale`, in one: [B or 1, width]. */
export function joint(own: Tensor | undefined, scale: Tensor): Tensor {
  const factor = tf.add(scale, 1);
  return own ? tf.mul(factor, own) : factor;
}

/** The map of `x scale + shift`. */
function behind(
  { weight, bias }: LinearParams,
  { scale, shift }: { readonly scale: Tensor | undefined; readonly shift: Tensor | undefined },
): LinearParams {
  const moved = shift && tf.reshape(tf.matMul(shift, weight), [weight.shape[1]!]);
  const offset = moved && bias ? tf.add(moved, bias) : (moved ?? bias);
  return {
    weight: scale ? tf.mul(weight, tf.reshape(scale, [weight.shape[0], 1])) : weight,
    ...(offset && { bias: offset }),
  };
}

/** The map with a factor on each of its outputs. */
function gatedBy({ weight, bias }: LinearParams, gate: Tensor | undefined): LinearParams {
  if (!gate) return { weight, ...(bias && { bias }) };
  return {
    weight: tf.mul(weight, gate),
    ...(bias && { bias: tf.mul(bias, tf.reshape(gate, bias.shape)) }),
  };
}
