import type { OrderStructure } from '../lowered';
import type { CouplingRow } from '../pulled';
import { projectArgmax, projectBar, projectIncreasing } from './chains';

/** A block that is one order structure and nothing else: its exact projection without iteration. */
export interface ClosedForm {
  readonly kind: OrderStructure['kind'];
  /** The structure's entries as local columns, mirrored ones as they are. */
  readonly at: Int32Array;
}

/** Recognises a block that is exactly one order structure with equal weights. */
export function closedForm(
  rows: readonly CouplingRow[],
  {
    orders,
    local,
    same,
  }: { orders: readonly OrderStructure[]; local: ReadonlyMap<number, number>; same: boolean },
): ClosedForm | undefined {
  const tag = rows[0]!.order;
  const structure = orders[tag];
  if (structure === undefined || !same || rows.some(({ order }) => order !== tag)) return undefined;
  const unit = rows.every(({ values }) => values.every((value) => Math.abs(Math.abs(value) - 1) < 1e-14));
  if (!unit || (structure.kind !== 'argmax' && structure.kind !== 'argmin' && rows[0]!.lower !== 0))
    return undefined;
  // Coordinates that a map has mixed are no longer the structure's own entries.
  const at = structure.entries.map((entry) => local.get(entry));
  if (at.some((column) => column === undefined) || at.length !== local.size) return undefined;
  const entries = new Set(structure.entries);
  if (rows.some(({ columns }) => columns.length !== 2 || columns.some((column) => !entries.has(column))))
    return undefined;
  return { kind: structure.kind, at: Int32Array.from(at as number[]) };
}

/** Projects the block's local x in place; `margin` is the rows' common lower bound. */
export function projectClosed(
  { kind, at }: ClosedForm,
  x: Float64Array,
  { margin, level, weight }: { margin: number; level: Float64Array; weight: Int32Array },
): void {
  const mirrored = kind === 'argmin' || kind === 'decreasing';
  if (mirrored) for (const column of at) x[column] = -x[column]!;
  if (kind === 'bar') projectBar(x, at, { level, weight });
  else if (kind === 'argmax' || kind === 'argmin') projectArgmax(x, at, margin);
  else projectIncreasing(x, at, { level, weight });
  if (mirrored) for (const column of at) x[column] = -x[column]!;
}
