import { add, mul, number, sub, unary } from '../graph/arithmetic';
import type { Value } from '../graph/types';
import { mapKernel } from '../trace/registry';

type Inputs = {
  readonly x: Value;
  readonly mean: Value;
  readonly variance: Value;
  readonly offset?: Value;
  readonly scale?: Value;
};

/** Batch normalisation with given moments, which are as many as channels or as entries. */
export function mapNormalization(): void {
  mapKernel<Inputs, { varianceEpsilon?: number }>('FusedBatchNorm', ({ g, inputs, attrs }) => {
    const { x, mean, variance, offset, scale } = inputs;
    const spread = unary(
      g,
      'Sqrt',
      add(g, variance, number(g, attrs.varianceEpsilon ?? 0.001, variance)),
      Math.sqrt,
    );
    const perChannel = unary(g, 'Reciprocal', spread, (y) => 1 / y);
    const factor = scale ? mul(g, perChannel, scale) : perChannel;
    // The mean is taken off first: of large numbers with a small spread the product would keep no digits.
    const scaled = mul(g, sub(g, x, mean), factor);
    return offset ? add(g, scaled, offset) : scaled;
  });
}
