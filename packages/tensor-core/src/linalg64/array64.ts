/** A dense row-major float64 array of any rank. */
export interface Array64 {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}
