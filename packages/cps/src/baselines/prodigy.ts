import type { Control } from '@lab/diffusion-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import type { Projector } from '../constraints/types';
import { assertConverged } from '../sampler/constrain';
import { runControls } from './run-controls';
import type { SeriesMethod } from './types';

export interface ProdigyOptions {
  /** Power of the mixing schedule ((N - t + 1) / N)^power, at least 0; 0 projects the noisy state in every step. @default 1 */
  readonly power?: number;
}

/**
 * Projected diffusion in the manner of PRODIGY (Sharma et al. 2024): after each step the noisy state moves towards its
 * projection, `z <- (1 - g) z + g P(z)`, g growing to 1.
 */
export function prodigy({ power = 1 }: ProdigyOptions = {}): SeriesMethod {
  return {
    name: power === 0 ? 'project-noisy' : `prodigy-${power}`,
    run: (problem, options) =>
      runControls(problem, options, { controls: [mixProjection(problem.projector, power)] }),
  };
}

function mixProjection(projector: Projector, power: number): Control<Array64> {
  return {
    name: 'prodigy',
    state(x, { index, steps }) {
      const share = ((index + 1) / steps) ** power;
      const projected: Array64 = { shape: x.shape, data: Float64Array.from(x.data) };
      const report = projector.project(projected);
      if (index === steps - 1) assertConverged(report, { index });
      return {
        shape: x.shape,
        data: x.data.map((value, i) => (1 - share) * value + share * projected.data[i]!),
      };
    },
  };
}
