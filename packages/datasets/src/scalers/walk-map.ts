import { affineMap, sparseRows } from './affine-map';
import { priceScales } from './prices';
import type { AffineMap, PriceScale, ScalerJson } from './types';
import type { WalkLayout } from './walk';

/** The map to coordinates that are 0 at the start price. */
export interface WalkPaths {
  readonly rows: AffineMap['rows'];
  readonly drift: Float64Array;
}

/** Row i: the increments on the path from the start to coordinate i, times their scales. */
export function walkPaths(
  { width, leans, carries }: WalkLayout,
  { json: { shift, scale }, length }: { json: ScalerJson; length: number },
): WalkPaths {
  const path = (i: number): number[] => {
    const steps: number[] = [];
    for (let at = i; at >= 0;) {
      steps.push(at);
      const k = at % width;
      at = leans[k] === -1 ? at - k - width + carries[k]! : at - k + leans[k]!;
    }
    return steps.reverse();
  };
  const size = length * width;
  const drift = new Float64Array(size);
  const rows = sparseRows(size, (i, put) => {
    for (const step of path(i)) {
      put(step, scale[step % width]!);
      drift[i]! += shift[step % width]!;
    }
  });
  return { rows, drift };
}

/** The same map from a start price to raw or log prices. */
export function startedMap(
  { width, startOf }: WalkLayout,
  { unit, prices, starts }: { unit: WalkPaths; prices: PriceScale; starts: Float64Array },
): AffineMap {
  const { slope, origin } = priceScales[prices];
  const { rows, drift } = unit;
  const startAt = (i: number): number => starts[startOf[i % width]!]!;
  return affineMap({
    space: prices === 'log' ? 'log' : 'raw',
    shift: drift.map((sum, i) => origin(startAt(i)) + slope(startAt(i)) * sum),
    rows: prices === 'relative' ? scaledRows(rows, (i) => slope(startAt(i))) : rows,
  });
}

function scaledRows(rows: AffineMap['rows'], factor: (row: number) => number): AffineMap['rows'] {
  const values = Float64Array.from(rows.values);
  for (let i = 0; i + 1 < rows.starts.length; i++)
    for (let e = rows.starts[i]!; e < rows.starts[i + 1]!; e++) values[e]! *= factor(i);
  return { ...rows, values };
}
