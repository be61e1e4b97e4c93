import type { Control } from '@lab/diffusion-core';
import { LabError } from '@lab/tensor-core/errors';
import { pinv, transpose, type Array64 } from '@lab/tensor-core/linalg64';
import { moveByResidual } from '../sampler/move-by-residual';
import { runControls } from './run-controls';
import type { SeriesMethod } from './types';

export interface DdnmOptions {
  /** A [m, D], D the flattened series. */
  readonly matrix: Array64;
  /** y, [m] for all samples or [B, m] with one row for each. */
  readonly values: Array64;
}

/**
 * Denoising diffusion null-space model (Wang, Yu & Zhang 2023), for A x = y alone: in every step the posterior mean's
 * part in the range of A is replaced, `x0 <- A^+ y + (I - A^+ A) x0`. On affine sets equal to CPS with gamma 'hard'.
 */
export function ddnm(options: DdnmOptions): SeriesMethod {
  const control = nullSpace(options);
  return {
    name: 'ddnm',
    run: (problem, run) => runControls(problem, run, { controls: [control] }),
  };
}

function nullSpace({ matrix, values }: DdnmOptions): Control<Array64> {
  const [rows] = matrix.shape;
  if (matrix.shape.length !== 2 || values.shape[values.shape.length - 1] !== rows)
    throw new LabError('shape', 'ddnm: one value for each row of the matrix', {
      expected: '[m, D] and [m] or [B, m]',
      received: [matrix.shape, values.shape],
    });
  const gain = transpose(pinv(matrix)).data;
  return {
    name: 'ddnm',
    noise: 'keep',
    estimate: (x0) => moveByResidual(x0, { matrix: matrix.data, gain, values }),
  };
}
