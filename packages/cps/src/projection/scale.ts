import { LabError } from '@lab/tensor-core/errors';

/** raw = scale x + shift, each one number, [K] for each channel, or [L K] for each entry. */
export interface DiagonalScale {
  readonly scale: number | ArrayLike<number>;
  readonly shift?: number | ArrayLike<number>;
}

/** raw = M x + shift with M [L K, L K] in compressed sparse rows: what `scaler.affine(...)` of @lab/datasets returns. */
export interface AffineScale {
  readonly rows: { readonly starts: Int32Array; readonly columns: Int32Array; readonly values: Float64Array };
  readonly shift: ArrayLike<number>;
  /** `log`: M x + shift are logarithms of the raw values. @default 'raw' */
  readonly space?: 'raw' | 'log';
}

/** raw = M x + shift with M dense [L K, L K] row-major. */
export interface DenseScale {
  readonly matrix: ArrayLike<number>;
  readonly shift: ArrayLike<number>;
  readonly space?: 'raw' | 'log';
}

export type SampleScale = DiagonalScale | AffineScale | DenseScale;

/** The way from the model's coordinates to raw units: one for all samples, or one for each (their start prices differ). */
export type Scale = SampleScale | readonly SampleScale[];

/** A row over the coordinates, plus what to take off its bounds. */
export interface PulledRow {
  readonly columns: readonly number[];
  readonly values: readonly number[];
  readonly offset: number;
}

/** One sample's map, ready to carry rows, points and gradients. */
export interface PullBack {
  row(columns: readonly number[], values: readonly number[]): PulledRow;
  toRaw(x: Float64Array, raw: Float64Array): void;
  /** x gradient from raw gradient. */
  chain(rawGradient: Float64Array, gradient: Float64Array): void;
  readonly logarithmic: boolean;
  /** One factor and one shift for all entries, where that is so. */
  readonly uniform: { readonly scale: number; readonly shift: number } | undefined;
}

const identity: PullBack = {
  row: (columns, values) => ({ columns, values, offset: 0 }),
  toRaw: (x, raw) => raw.set(x),
  chain: (rawGradient, gradient) => gradient.set(rawGradient),
  logarithmic: false,
  uniform: { scale: 1, shift: 0 },
};

/** Checks a scale against the series and makes it ready, one for all samples or one for each. */
export function pullBacks(
  scale: Scale | undefined,
  { shape: [length, channels], batch }: { shape: readonly [number, number]; batch: number | undefined },
): PullBack[] {
  if (scale === undefined) return [identity];
  if (!isList(scale)) return [pullBack(scale, { length, channels })];
  if (scale.length !== batch)
    throw new LabError('shape', 'compileConstraints: a list of scales has one for each sample', {
      argument: 'scale',
      received: [scale.length],
      expected: batch === undefined ? 'the option batch' : [batch],
    });
  return scale.map((one) => pullBack(one, { length, channels }));
}

function isList(scale: Scale): scale is readonly SampleScale[] {
  return Array.isArray(scale);
}

function pullBack(scale: SampleScale, { length, channels }: { length: number; channels: number }): PullBack {
  const size = length * channels;
  if ('rows' in scale) {
    check(scale.rows.starts.length - 1, size, 'rows');
    return affinePullBack(scale.rows, { shift: spread(scale.shift, { size, channels }), space: scale.space });
  }
  if ('matrix' in scale) {
    check(scale.matrix.length, size * size, 'matrix');
    return affinePullBack(sparse(scale.matrix, size), {
      shift: spread(scale.shift, { size, channels }),
      space: scale.space,
    });
  }
  return diagonalPullBack(
    spread(scale.scale, { size, channels }),
    spread(scale.shift ?? 0, { size, channels }),
  );
}

function check(received: number, expected: number, argument: string): void {
  if (received !== expected)
    throw new LabError('shape', 'compileConstraints: the scale does not fit the series', {
      argument: `scale.${argument}`,
      received: [received],
      expected: [expected],
    });
}

function spread(
  value: number | ArrayLike<number>,
  { size, channels }: { size: number; channels: number },
): Float64Array {
  if (typeof value === 'number') return new Float64Array(size).fill(value);
  if (value.length === size) return Float64Array.from(value);
  check(value.length, channels, 'scale');
  return Float64Array.from({ length: size }, (_, i) => value[i % channels]!);
}

function diagonalPullBack(scale: Float64Array, shift: Float64Array): PullBack {
  if (
    scale.some((value) => value === 0 || !Number.isFinite(value)) ||
    shift.some((value) => !Number.isFinite(value))
  )
    throw new LabError('argument', 'compileConstraints: scales are finite and not 0, shifts are finite', {
      argument: 'scale',
    });
  const same = scale.every((value) => value === scale[0]) && shift.every((value) => value === shift[0]);
  return {
    row: (columns, values) => {
      let offset = 0;
      const scaled = columns.map((column, e) => {
        offset += values[e]! * shift[column]!;
        return values[e]! * scale[column]!;
      });
      return { columns, values: scaled, offset };
    },
    toRaw: (x, raw) => {
      for (let i = 0; i < raw.length; i++) raw[i] = scale[i]! * x[i]! + shift[i]!;
    },
    chain: (rawGradient, gradient) => {
      for (let i = 0; i < gradient.length; i++) gradient[i] = scale[i]! * rawGradient[i]!;
    },
    logarithmic: false,
    uniform: same ? { scale: scale[0]!, shift: shift[0]! } : undefined,
  };
}

function affinePullBack(
  rows: AffineScale['rows'],
  { shift, space = 'raw' }: { shift: Float64Array; space: 'raw' | 'log' | undefined },
): PullBack {
  const { starts, columns: of, values: factors } = rows;
  const size = shift.length;
  const sum = new Float64Array(size);
  const touched = new Uint8Array(size);
  return {
    row: (columns, values) => {
      let offset = 0;
      let greatest = 0;
      const list: number[] = [];
      columns.forEach((column, c) => {
        const value = values[c]!;
        offset += value * shift[column]!;
        for (let e = starts[column]!; e < starts[column + 1]!; e++) {
          const j = of[e]!;
          if (touched[j] === 0) {
            touched[j] = 1;
            list.push(j);
          }
          sum[j]! += value * factors[e]!;
          greatest = Math.max(greatest, Math.abs(value * factors[e]!));
        }
      });
      list.sort((a, b) => a - b);
      // Differences of prefix sums cancel exactly or to rounding: what is left of rounding is no entry.
      const kept = list.filter((j) => Math.abs(sum[j]!) > 1e-13 * greatest);
      const pulled = kept.map((j) => sum[j]!);
      for (const j of list) {
        sum[j] = 0;
        touched[j] = 0;
      }
      return { columns: kept, values: pulled, offset };
    },
    toRaw: (x, raw) => {
      for (let i = 0; i < size; i++) {
        let value = shift[i]!;
        for (let e = starts[i]!; e < starts[i + 1]!; e++) value += factors[e]! * x[of[e]!]!;
        raw[i] = space === 'log' ? Math.exp(value) : value;
      }
    },
    chain: (rawGradient, gradient) => {
      gradient.fill(0);
      for (let i = 0; i < size; i++)
        for (let e = starts[i]!; e < starts[i + 1]!; e++) gradient[of[e]!]! += factors[e]! * rawGradient[i]!;
    },
    logarithmic: space === 'log',
    uniform: undefined,
  };
}

function sparse(matrix: ArrayLike<number>, size: number): AffineScale['rows'] {
  const starts = new Int32Array(size + 1);
  const columns: number[] = [];
  const values: number[] = [];
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const value = matrix[i * size + j]!;
      if (value === 0) continue;
      columns.push(j);
      values.push(value);
    }
    starts[i + 1] = columns.length;
  }
  return { starts, columns: Int32Array.from(columns), values: Float64Array.from(values) };
}
