import type { Constraint } from '../constraints/union';

/** One linear row over the flattened raw series of one sample. */
export interface Row {
  readonly columns: readonly number[];
  readonly values: readonly number[];
  readonly lower: number;
  readonly upper: number;
  /** Index into the leaf constraints. */
  readonly owner: number;
  /** Index into the order structures that this row is part of, -1 if none. */
  readonly order: number;
}

/** Rows that together are one structure with a closed-form projection. */
export interface OrderStructure {
  readonly kind: 'argmax' | 'argmin' | 'increasing' | 'decreasing' | 'bar';
  /** Entries in the structure's order: the extreme first; the chain; low, open, close, high. */
  readonly entries: readonly number[];
  readonly margin: number;
}

/** A scalar function of some raw entries, between bounds. */
export interface SmoothPiece {
  readonly entries: Int32Array;
  readonly lower: number;
  readonly upper: number;
  readonly owner: number;
  /** `steps`: linear while no difference of neighbours changes sign. */
  readonly kind: 'std' | 'autocorrelation' | 'steps' | 'general';
  /** Lag for autocorrelation. */
  readonly lag?: number;
  /** Value at z (the chosen entries in order); fills their gradient. */
  readonly evaluate: (z: Float64Array, gradient: Float64Array) => number;
}

export interface BallPiece {
  readonly kind: 'l1' | 'l2';
  readonly entries: readonly number[];
  readonly radius: number;
  readonly owner: number;
}

/** Choose one member; all act beside the rest of the sample's pieces. */
export interface UnionPiece {
  readonly owner: number;
  readonly members: readonly Lowered[];
}

/** What one sample's constraints come down to, in raw units (rows of logarithms when the scale is logarithmic). */
export interface Lowered {
  readonly rows: Row[];
  readonly orders: OrderStructure[];
  readonly smooth: SmoothPiece[];
  readonly balls: BallPiece[];
  readonly unions: UnionPiece[];
}

export function emptyLowered(): Lowered {
  return { rows: [], orders: [], smooth: [], balls: [], unions: [] };
}

/** The leaves of a set in order, the numbering of owners; a union is one leaf. */
export function leaves(constraint: Constraint): Constraint[] {
  return constraint.kind === 'all' ? constraint.constraints.flatMap(leaves) : [constraint];
}
