/** A run of rows without a gap: `[start, end)`. */
export interface Segment {
  readonly start: number;
  readonly end: number;
}

/** A multichannel series sampled at even steps within each of its segments. It holds no NaN: gaps lie between segments. */
export interface Series {
  /** [length, channels] row-major. */
  readonly values: Float64Array;
  readonly length: number;
  readonly channels: readonly string[];
  /** [length] milliseconds since 1970 of the source's own clock, read as UTC; absent where the source names no times. */
  readonly timestamps?: Float64Array;
  /** In order, without overlap, together all rows. Rows on both sides of a boundary are not neighbours in time. */
  readonly segments: readonly Segment[];
}

/** A series of real data with where it comes from and on what terms. */
export interface SeriesDataset extends Series {
  readonly id: string;
  readonly title: string;
  /** Terms of use in one line. */
  readonly licence: string;
  /** Who measured it, and the file that it was read from. */
  readonly source: string;
  /** SHA-256 of the file, 64 hexadecimal digits. */
  readonly checksum: string;
  /** What was done to the rows on the way: interpolated, dropped, merged. */
  readonly notes: readonly string[];
}
