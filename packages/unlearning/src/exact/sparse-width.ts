import { lstsq, matmul, pivotedQr, transpose, type Array64 } from '@lab/tensor-core/linalg64';

/** A two-layer network c^T phi(A x) without biases. */
export interface TwoLayer {
  /** A [h, m] */
  readonly hidden: Array64;
  /** c [h] */
  readonly output: Float64Array;
}

export type ScalarFunction = (x: number) => number;

export const reluOf: ScalarFunction = (x) => Math.max(x, 0);

/** phi(A x) for each row x of the inputs: Phi [n, h]. */
export function hiddenFeatures(hidden: Array64, inputs: Array64, activation: ScalarFunction): Array64 {
  const { shape, data } = matmul(inputs, transpose(hidden));
  return { shape, data: data.map((value) => activation(value)) };
}

/** c^T phi(A x) for each row [n]. */
export function twoLayerValues(
  { hidden, output }: TwoLayer,
  inputs: Array64,
  activation: ScalarFunction = reluOf,
): Float64Array {
  return matmul(hiddenFeatures(hidden, inputs, activation), { shape: [output.length, 1], data: output }).data;
}

/**
 * Lemma 2 and Thm. 5: sparse output weights with the same values on the retained inputs, at most rank(Phi) <= n_r of them
 * not zero; by pivoted QR, better conditioned than the paper's echelon basis.
 *
 * @param features Phi [n, h]
 * @param output c [h]
 * @param tolerance diagonal entries of R up to this times the first count as zero @default 1e-10
 */
export function sparseOutput(
  features: Array64,
  output: Float64Array,
  { tolerance = 1e-10 } = {},
): Float64Array {
  const [n, h] = features.shape as [number, number];
  const { permutation, rank } = pivotedQr(features, { tolerance });
  const chosen = Array.from(permutation.subarray(0, rank));
  const columns = Float64Array.from({ length: n * rank }, (_, at) => {
    return features.data[Math.floor(at / rank) * h + chosen[at % rank]!]!;
  });
  const values = matmul(features, { shape: [h, 1], data: output });
  const sparse = new Float64Array(h);
  if (rank === 0) return sparse;
  const { x } = lstsq({ shape: [n, rank], data: columns }, { shape: [n], data: values.data });
  chosen.forEach((column, i) => (sparse[column] = x.data[i]!));
  return sparse;
}

/**
 * The same network with as few active neurons as {@link sparseOutput} finds; the hidden rows of neurons that are off are
 * cleared, which changes nothing else (Prop. 1). The least width of all is NP-hard to find; rank(Phi) is the bound.
 *
 * @param inputs X_r [n, m]
 */
export function sparsifyTwoLayer(
  { hidden, output }: TwoLayer,
  inputs: Array64,
  {
    activation = reluOf,
    tolerance = 1e-10,
  }: { readonly activation?: ScalarFunction; readonly tolerance?: number } = {},
): TwoLayer {
  const sparse = sparseOutput(hiddenFeatures(hidden, inputs, activation), output, { tolerance });
  const m = hidden.shape[1]!;
  const data = hidden.data.map((value, at) => (sparse[Math.floor(at / m)] === 0 ? 0 : value));
  return { hidden: { shape: hidden.shape, data }, output: sparse };
}

/** Neurons with a weight and a row that are not zero. */
export function activeNeurons({ hidden, output }: TwoLayer): number {
  const m = hidden.shape[1]!;
  return output.filter((c, i) => c !== 0 && hidden.data.subarray(i * m, i * m + m).some((a) => a !== 0))
    .length;
}
