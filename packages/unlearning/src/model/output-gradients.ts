import type { Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import type { PathSelector } from '@lab/tensor-core/tree';
import { flatModel, flatten } from './flat-model';
import { outputRows, type OutputRowsOptions } from './output-rows';
import type { UnlearnModel } from './types';

/**
 * The matrix G of output gradients on inputs x [n, ...], with the parameters as one vector in the order of its columns
 * (paths in alphabetic order). See `OutputRows` for which rows there are.
 *
 * @example
 * const { gradients, theta } = await outputGradients(network, params, { x, task: 'regression' });
 * const moved = await minNormStep(theta, gradients, { strength: 0.1 });
 */
export async function outputGradients<Params>(
  model: UnlearnModel<Params>,
  params: Params,
  options: OutputRowsOptions & { readonly x: Tensor; readonly trainable?: PathSelector | undefined },
): Promise<{ readonly gradients: Array64; readonly theta: Float64Array }> {
  const flat = await flatModel(model, params, options.trainable);
  const rows = await outputRows(flat, options);
  try {
    const source = await rows.at(flat.free, options.x);
    try {
      const data = await source.block(0, source.count);
      return { gradients: { shape: [source.count, flat.size], data }, theta: await flatten(flat.free) };
    } finally {
      source.dispose();
    }
  } finally {
    rows.dispose();
  }
}
