import { product } from '../graph/product';
import type { Value } from '../graph/types';
import { mapKernel } from '../trace/registry';

/** Matrix products. */
export function mapProducts(): void {
  mapKernel<{ a: Value; b: Value }, { transposeA?: boolean; transposeB?: boolean }>(
    'BatchMatMul',
    ({ g, inputs: { a, b }, attrs: { transposeA, transposeB } }) => product(g, a, b, transposeA, transposeB),
  );
}
