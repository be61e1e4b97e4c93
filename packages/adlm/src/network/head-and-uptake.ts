import { isAdaptedWeight, tf, type LinearParams, type Tensor } from '@lab/tensor-core';
import type { AnchoredParams } from './anchored-network';

/**
 * The anchor network's head and the second network's uptake of its raw logits as one map [width, width]: two linear maps
 * one after the other, so the same function without a vocabulary between them. Nothing where the product of the two
 * matrices costs more than it spares, for fewer places than the width, or where a weight has an adapter beside it.
 */
export function headAndUptake(
  { anchor, denoiser }: AnchoredParams,
  places: number,
): LinearParams | undefined {
  const [head, uptake] = [anchor.output.linear, denoiser.input];
  if (isAdaptedWeight(head.weight) || isAdaptedWeight(uptake.weight)) return undefined;
  const width = head.weight.shape[0];
  if (places < width) return undefined;
  const moved = head.bias && tf.matMul(tf.reshape(head.bias, [1, head.bias.size]), uptake.weight);
  const bias = sum(moved && tf.reshape(moved, [width]), uptake.bias);
  return { weight: tf.matMul(head.weight, uptake.weight), ...(bias && { bias }) };
}

const sum = (a: Tensor | undefined, b: Tensor | undefined): Tensor | undefined =>
  a && b ? tf.add(a, b) : (a ?? b);
