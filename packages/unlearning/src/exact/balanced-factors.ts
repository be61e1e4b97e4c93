import { LabError } from '@lab/tensor-core/errors';
import type { LinearNetwork } from './linear';

/**
 * Thm. 4: the L-layer linear network of least parameter norm that is the predictor w: rank-one layers of equal weight,
 * A_1 = rho^(1/L - 1) v_1 w^T, A_l = rho^(1/L) v_l v_{l-1}^T, c = rho^(1/L) v_{L-1} with rho = |w|. Its squared norm is
 * L rho^(2/L).
 *
 * @param directions unit vectors v_1 ... v_{L-1}, whose lengths are the widths. @default the first unit vector of one entry
 * @throws LabError `argument` for fewer than two layers, or directions that are not of length 1
 */
export function balancedFactors(
  w: Float64Array,
  layers: number,
  directions: readonly Float64Array[] = Array.from({ length: layers - 1 }, () => Float64Array.of(1)),
): LinearNetwork {
  const isUnit = (v: Float64Array): boolean => Math.abs(Math.hypot(...v) - 1) < 1e-9;
  if (
    !Number.isInteger(layers) ||
    layers < 2 ||
    directions.length !== layers - 1 ||
    !directions.every(isUnit)
  )
    throw new LabError(
      'argument',
      'balancedFactors: at least two layers, and a unit vector for each but the last',
      {
        argument: 'directions',
        received: { layers, lengths: directions.map((v) => Math.hypot(...v)) },
      },
    );
  const rho = Math.hypot(...w);
  const weight = rho === 0 ? 0 : rho ** (1 / layers);
  const outer = (left: Float64Array, right: Float64Array, factor: number) => ({
    shape: [left.length, right.length],
    data: Float64Array.from({ length: left.length * right.length }, (_, at) => {
      return factor * left[Math.floor(at / right.length)]! * right[at % right.length]!;
    }),
  });
  return {
    layers: directions.map((v, l) =>
      l === 0 ? outer(v, w, rho === 0 ? 0 : weight / rho) : outer(v, directions[l - 1]!, weight),
    ),
    output: directions[layers - 2]!.map((value) => weight * value),
  };
}
