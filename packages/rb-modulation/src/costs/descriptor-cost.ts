import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import type { Descriptor } from '../descriptors/types';
import { differentiableCost } from './differentiable-cost';
import type { DifferentiableCost } from './types';

export interface DescriptorTerm {
  readonly descriptor: Descriptor;
  /** What the descriptor shall be: that of a reference (`describe`), [1, size] for all samples or [B, size]. */
  readonly target: Array64;
  /** @default 1 */
  readonly weight?: number;
  /**
   * `cosine` is `1 - cos` (the released code), `squared` the squared distance (the paper); for descriptors of length 1 the
   * second is twice the first.
   *
   * @default 'cosine'
   */
  readonly form?: 'cosine' | 'squared';
}

export interface DescriptorCostOptions {
  /** Latents to the images that descriptors read; differentiable. @default the latents are images */
  readonly decode?: (z: Tensor) => Tensor;
  /** What the images are multiplied by before they are described, such as a foreground [1, h, w, 1]. @default nothing */
  readonly mask?: Array64;
}

/**
 * The distance of clean samples to references as descriptors see it, `sum_i w_i (1 - cos(Psi_i(D(z)), target_i))`: h of the
 * paper, and with a content descriptor beside that of style its content-style composition.
 *
 * @throws LabError `shape` when a target has another size than its descriptor, `numeric` when it is not finite or zero,
 *   `argument` for no terms; while running `shape` for as many references as neither 1 nor the batch
 * @example
 * const target = await describe(descriptor, reference);
 * const cost = descriptorCost([{ descriptor, target }], { decode });
 */
export function descriptorCost(
  terms: readonly DescriptorTerm[],
  { decode = (z) => z, mask }: DescriptorCostOptions = {},
): DifferentiableCost {
  if (terms.length === 0)
    throw new LabError('argument', 'descriptorCost needs at least one term', { argument: 'terms' });
  terms.forEach(assertTarget);
  const names = terms.map(({ descriptor }) => descriptor.name).join(' + ');
  return differentiableCost(names, (z) => {
    const decoded = decode(z);
    const images = mask ? tf.mul(decoded, tensorOf(mask)) : decoded;
    const losses = terms.map(({ descriptor, target, weight = 1, form = 'cosine' }) => {
      const described = descriptor.embed(images);
      assertBatch(described, target, descriptor);
      const distance = form === 'cosine' ? cosineDistance : squaredDistance;
      return tf.mul(distance(described, tensorOf(target)), weight);
    });
    return losses.reduce((sum, each) => tf.add(sum, each));
  });
}

const tensorOf = ({ shape, data }: Array64): Tensor => tf.tensor(Float32Array.from(data), [...shape]);

/** Rows at length 1; a row of zeros stays what it is, and so do gradients. */
export function unitRows(x: Tensor): Tensor {
  return tf.div(x, tf.sqrt(tf.maximum(tf.sum(tf.square(x), -1, true), 1e-16)));
}

const cosineDistance = (a: Tensor, b: Tensor): Tensor =>
  tf.sub(1, tf.sum(tf.mul(unitRows(a), unitRows(b)), -1));

const squaredDistance = (a: Tensor, b: Tensor): Tensor => tf.sum(tf.square(tf.sub(a, b)), -1);

function assertTarget({ descriptor, target, weight = 1 }: DescriptorTerm): void {
  const { name, size } = descriptor;
  if (target.shape.length !== 2 || target.shape[1] !== size)
    throw new LabError('shape', `the target of '${name}' has another size than its descriptors`, {
      argument: 'target',
      expected: ['1 or batch', size],
      received: target.shape,
      hint: 'describe(descriptor, reference) makes it',
    });
  for (let at = 0; at < target.data.length; at += size) {
    const length = Math.hypot(...target.data.subarray(at, at + size));
    if (!(length > 0 && Number.isFinite(length)))
      throw new LabError('numeric', `the target of '${name}' is zero or not finite`, {
        argument: 'target',
        received: length,
        hint: 'a descriptor says nothing about this reference',
      });
  }
  if (!(weight >= 0 && Number.isFinite(weight)))
    throw new LabError('argument', 'the weight of a term is finite and not negative', {
      argument: 'weight',
      received: weight,
    });
}

function assertBatch(described: Tensor, target: Array64, { name, size }: Descriptor): void {
  const batch = described.shape[0];
  if (described.rank !== 2 || described.shape[1] !== size)
    throw new LabError('shape', `the descriptor '${name}' gives other than it says`, {
      expected: ['batch', size],
      received: described.shape,
    });
  if (target.shape[0] !== 1 && target.shape[0] !== batch)
    throw new LabError('shape', 'references are one for all samples or one for each', {
      argument: 'target',
      expected: `1 or ${batch}`,
      received: target.shape[0],
    });
}
