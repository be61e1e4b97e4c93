import { LabError } from '@lab/tensor-core/errors';
import { closedForm, type ClosedForm } from './closed/closed-form';
import type { CouplingRow, PulledRows } from './pulled';
import { envelopeOrder, rowBlock, type RowBlock } from './row-block';
import { affineFactor, type AffineFactor } from './affine';

/** Rows connected through shared entries: independent of every other block. */
export interface LinearBlock {
  /** Entries of the series that the block's local columns stand for. */
  readonly columns: Int32Array;
  readonly block: RowBlock;
  /** The program's row that each of the block's rows is. */
  readonly rowOf: Int32Array;
  readonly closed: ClosedForm | undefined;
  readonly affine: AffineFactor | undefined;
}

/** The linear constraints of samples that share rows: bounds on entries, and blocks of rows. */
export interface LinearProgram {
  readonly size: number;
  /** Samples with bounds of their own, or 1 when all share them. */
  readonly samples: number;
  /** [samples, size], tightest bounds of each entry. */
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** [samples, size], which constraint set the bound. */
  readonly lowerOwner: Int32Array;
  readonly upperOwner: Int32Array;
  readonly weight: Float64Array | undefined;
  readonly rows: number;
  /** [samples, rows]. */
  readonly rowLower: Float64Array;
  readonly rowUpper: Float64Array;
  readonly rowOwner: Int32Array;
  readonly blocks: readonly LinearBlock[];
  /** Entries with a bound that stand in no block. */
  readonly free: Int32Array;
  /** Rows of each block's local order, packed over the whole series; for checks. */
  readonly all: RowBlock;
}

/** Packs samples that share rows (see `structureKey`) into one program. */
export function linearProgram(
  samples: readonly PulledRows[],
  { size, names }: { size: number; names: readonly string[] },
): LinearProgram {
  const first = samples[0]!;
  const count = samples.length;
  const rows = first.rows.length;
  const box = boundsOf(samples, { size, names });
  const rowLower = new Float64Array(count * rows);
  const rowUpper = new Float64Array(count * rows);
  samples.forEach((sample, s) => {
    sample.rows.forEach((row, i) => {
      rowLower[s * rows + i] = row.lower;
      rowUpper[s * rows + i] = row.upper;
    });
  });
  const bounded = new Uint8Array(size);
  for (const sample of samples) for (const { entry } of sample.bounds) bounded[entry] = 1;
  const groups = connectedRows(first.rows, size);
  const blocks = groups.map((members) => linearBlock(members, { samples, bounded, rowLower, rowUpper }));
  const inBlock = new Uint8Array(size);
  for (const { columns } of blocks) for (const column of columns) inBlock[column] = 1;
  const free = Int32Array.from(
    Array.from(bounded.keys()).filter((entry) => bounded[entry] === 1 && inBlock[entry] === 0),
  );
  return {
    size,
    samples: count,
    ...box,
    rows,
    rowLower,
    rowUpper,
    rowOwner: Int32Array.from(first.rows, ({ owner }) => owner),
    blocks,
    free,
    all: rowBlock(first.rows, size),
  };
}

function boundsOf(
  samples: readonly PulledRows[],
  { size, names }: { size: number; names: readonly string[] },
) {
  const lower = new Float64Array(samples.length * size).fill(-Infinity);
  const upper = new Float64Array(samples.length * size).fill(Infinity);
  const lowerOwner = new Int32Array(lower.length).fill(-1);
  const upperOwner = new Int32Array(lower.length).fill(-1);
  let weight: Float64Array | undefined;
  samples.forEach((sample, s) => {
    for (const bound of sample.bounds) {
      const at = s * size + bound.entry;
      if (bound.lower > lower[at]!) {
        lower[at] = bound.lower;
        lowerOwner[at] = bound.owner;
      }
      if (bound.upper < upper[at]!) {
        upper[at] = bound.upper;
        upperOwner[at] = bound.owner;
      }
      if (bound.weight !== 1) {
        weight ??= new Float64Array(size).fill(1);
        weight[bound.entry] = Math.max(bound.weight, weight[bound.entry]!);
      }
    }
  });
  for (let at = 0; at < lower.length; at++)
    if (lower[at]! > upper[at]!) {
      const gap = lower[at]! - upper[at]!;
      if (gap > 1e-9 * Math.max(1, Math.abs(lower[at]!)))
        throw new LabError(
          'infeasible',
          `${conflict([names[lowerOwner[at]!]!, names[upperOwner[at]!]!])}: sample ${Math.floor(at / size)}, entry ${at % size} would have to be at least ${lower[at]!} and at most ${upper[at]!} (in the units of x)`,
          { hint: 'relax one of them' },
        );
      // Values that came through different sums and differ by rounding alone.
      lower[at] = upper[at] = (lower[at]! + upper[at]!) / 2;
    }
  return { lower, upper, lowerOwner, upperOwner, weight };
}

/** "a and b contradict each other", or "a contradicts itself". */
export function conflict(names: readonly string[]): string {
  const distinct = [...new Set(names)];
  return distinct.length === 1
    ? `constraint ${distinct[0]!} contradicts itself`
    : `constraints ${distinct.slice(0, -1).join(', ')} and ${distinct.at(-1)!} contradict each other`;
}

/** Rows grouped by shared entries, by union of sets. */
function connectedRows(rows: readonly CouplingRow[], size: number): number[][] {
  const parent = Int32Array.from({ length: size }, (_, i) => i);
  const find = (start: number): number => {
    let at = start;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]!]!;
      at = parent[at]!;
    }
    return at;
  };
  for (const { columns } of rows) for (const column of columns) parent[find(column)] = find(columns[0]!);
  const groups = new Map<number, number[]>();
  rows.forEach(({ columns }, i) => {
    const root = find(columns[0]!);
    const members = groups.get(root);
    if (members === undefined) groups.set(root, [i]);
    else members.push(i);
  });
  return [...groups.values()];
}

function linearBlock(
  members: readonly number[],
  {
    samples,
    bounded,
    rowLower,
    rowUpper,
  }: { samples: readonly PulledRows[]; bounded: Uint8Array; rowLower: Float64Array; rowUpper: Float64Array },
): LinearBlock {
  const { rows, orders } = samples[0]!;
  const columns = Int32Array.from(new Set(members.flatMap((i) => [...rows[i]!.columns]))).sort();
  const local = new Map(Array.from(columns, (column, j) => [column, j]));
  const localRow = (i: number) => ({
    columns: rows[i]!.columns.map((column) => local.get(column)!),
    values: rows[i]!.values,
  });
  const order = envelopeOrder(members.map(localRow));
  const rowOf = Int32Array.from(order, (k) => members[k]!);
  const block = rowBlock(
    Array.from(rowOf, (i) => localRow(i)),
    columns.length,
  );
  const stride = rows.length;
  const plain = columns.every((column) => bounded[column] === 0);
  const each = (test: (lower: number, upper: number) => boolean): boolean =>
    samples.every((_, s) =>
      Array.from(rowOf).every((i) => test(rowLower[s * stride + i]!, rowUpper[s * stride + i]!)),
    );
  const equalities = each((lower, upper) => lower === upper);
  return {
    columns,
    block,
    rowOf,
    closed: plain
      ? closedForm(
          members.map((i) => rows[i]!),
          { orders, local, same: sameBounds(members, { samples }) },
        )
      : undefined,
    affine: plain && equalities ? affineFactor(block) : undefined,
  };
}

/** Whether all of a block's rows ask for the same lower bound and no upper one, in every sample. */
function sameBounds(members: readonly number[], { samples }: { samples: readonly PulledRows[] }): boolean {
  return samples.every(({ rows }) => {
    const { lower } = rows[members[0]!]!;
    return members.every(
      (i) => rows[i]!.upper === Infinity && Math.abs(rows[i]!.lower - lower) <= 1e-14 * Math.abs(lower),
    );
  });
}
