import type { Array64 } from '@lab/tensor-core/linalg64';

/** How a trained matrix compares with a multiple of the identity. */
export interface MatrixReport {
  /** w = trace(M) / d, the inverse window. Its sign is free for even families: compare |w|. */
  readonly window: number;
  /** |M - w I|_F / (|w| sqrt(d)): 0 for a multiple of the identity. */
  readonly anisotropy: number;
}

/** The inverse window of M, and how far M is from being isotropic (section 3.3). */
export function inspectMatrix({ shape, data }: Array64): MatrixReport {
  const size = shape[0]!;
  let trace = 0;
  for (let i = 0; i < size; i++) trace += data[i * size + i]!;
  const window = trace / size;
  let square = 0;
  data.forEach((each, at) => (square += (each - (Math.floor(at / size) === at % size ? window : 0)) ** 2));
  return { window, anisotropy: Math.sqrt(square / size) / Math.abs(window) };
}
