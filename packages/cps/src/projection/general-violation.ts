import { asSmooth } from './ball-function';
import type { Lowered, Row, UnionPiece } from './lowered';
import type { GeneralPieces } from './programs';
import type { PullBack } from './scale';

/** Reports the violation of each piece that is not linear. */
export function measureGeneral(
  { lowered, map }: GeneralPieces,
  x: Float64Array,
  note: (owner: number, violation: number) => void,
): void {
  const raw = new Float64Array(x.length);
  map.toRaw(x, raw);
  measureSmooth(lowered, { raw, note, map });
  for (const union of lowered.unions) note(union.owner, nearest(union, { x, raw, map }));
}

function measureSmooth(
  { smooth, balls }: Lowered,
  { raw, note, map }: { raw: Float64Array; note: (owner: number, violation: number) => void; map: PullBack },
): void {
  for (const { entries, lower, upper, owner, evaluate } of smooth) {
    const z = Float64Array.from(entries, (entry) => raw[entry]!);
    const value = evaluate(z, new Float64Array(entries.length));
    if (value < lower) note(owner, lower - value);
    else if (value > upper) note(owner, value - upper);
  }
  for (const ball of balls) {
    const { entries, upper, evaluate } = asSmooth(ball);
    const z = Float64Array.from(entries, (entry) => raw[entry]!);
    // Balls count in the units of x where one factor says what those are.
    const size = map.uniform === undefined ? 1 : Math.abs(map.uniform.scale);
    const excess = (evaluate(z, new Float64Array(entries.length)) - upper) / size;
    if (excess > 0) note(ball.owner, excess);
  }
}

/** The violation of the member that is violated least. */
function nearest(
  { members }: UnionPiece,
  { x, raw, map }: { x: Float64Array; raw: Float64Array; map: PullBack },
): number {
  let least = Infinity;
  for (const member of members) {
    let total = 0;
    for (const row of member.rows) total += rowViolation(row, x, map);
    measureSmooth(member, { raw, map, note: (_, violation) => (total += violation) });
    for (const inner of member.unions) total += nearest(inner, { x, raw, map });
    least = Math.min(least, total);
  }
  return least;
}

function rowViolation(row: Row, x: Float64Array, map: PullBack): number {
  const { columns, values, offset } = map.row(row.columns, row.values);
  let value = offset;
  let pulled = 0;
  let raw = 0;
  columns.forEach((column, e) => {
    value += values[e]! * x[column]!;
    pulled += values[e]! ** 2;
  });
  for (const coefficient of row.values) raw += coefficient ** 2;
  const ratio = pulled > 0 ? Math.sqrt(pulled / raw) : 1;
  return (value < row.lower ? row.lower - value : value > row.upper ? value - row.upper : 0) / ratio;
}
