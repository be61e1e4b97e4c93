/** Of what is not a series: where it comes from, and on what terms. */
export interface DataOrigin {
  readonly id: string;
  readonly title: string;
  readonly licence: string;
  readonly source: string;
  /** SHA-256 of the file. */
  readonly checksum: string;
}
