import { LabError } from '@lab/tensor-core/errors';
import { transpose, type Array64 } from '@lab/tensor-core/linalg64';

/** a + factor b, of equal shapes. */
export function plus(a: Array64, b: Array64, factor = 1): Array64 {
  if (a.shape[0] !== b.shape[0] || a.shape[1] !== b.shape[1])
    throw new LabError('shape', 'meta-lora: matrices differ in shape', { received: [a.shape, b.shape] });
  const data = new Float64Array(a.data.length);
  for (let i = 0; i < data.length; i++) data[i] = a.data[i]! + factor * b.data[i]!;
  return { shape: a.shape, data };
}

export const times = (a: Array64, factor: number): Array64 => ({
  shape: a.shape,
  data: a.data.map((value) => factor * value),
});

export const zeros = (shape: readonly number[]): Array64 => ({
  shape,
  data: new Float64Array(shape.reduce((product, axis) => product * axis, 1)),
});

/** A B of matrices that are known to fit: a descent takes 10^5 such products, and `matmul` looks at every number of each. */
export function product(a: Array64, b: Array64): Array64 {
  const [rows, depth] = a.shape as [number, number];
  const columns = b.shape[1]!;
  const data = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let l = 0; l < depth; l++) {
      const factor = a.data[i * depth + l]!;
      for (let j = 0; j < columns; j++) data[i * columns + j]! += factor * b.data[l * columns + j]!;
    }
  return { shape: [rows, columns], data };
}

/** A^T B, as `product`. */
export function productOfTransposed(a: Array64, b: Array64): Array64 {
  const [depth, rows] = a.shape as [number, number];
  const columns = b.shape[1]!;
  const data = new Float64Array(rows * columns);
  for (let l = 0; l < depth; l++)
    for (let i = 0; i < rows; i++) {
      const factor = a.data[l * rows + i]!;
      for (let j = 0; j < columns; j++) data[i * columns + j]! += factor * b.data[l * columns + j]!;
    }
  return { shape: [rows, columns], data };
}

/** U V^T. */
export function outer(u: Array64, v: Array64): Array64 {
  const [rows, depth] = u.shape as [number, number];
  const columns = v.shape[0]!;
  const data = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++)
      for (let l = 0; l < depth; l++)
        data[i * columns + j]! += u.data[i * depth + l]! * v.data[j * depth + l]!;
  return { shape: [rows, columns], data };
}

export function mean(matrices: readonly Array64[]): Array64 {
  const total = matrices.slice(1).reduce((sum, each) => plus(sum, each), matrices[0]!);
  return times(total, 1 / matrices.length);
}

/** <A, B> = sum of A_ij B_ij. */
export function inner(a: Array64, b: Array64): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += a.data[i]! * b.data[i]!;
  return sum;
}

/** Squared Frobenius norm. */
export const squared = (a: Array64): number => inner(a, a);

export const symmetricPart = (a: Array64): Array64 => times(plus(a, transpose(a)), 0.5);

/** @throws LabError `numeric` naming the argument */
export function assertFinite(argument: string, { data }: Array64): void {
  if (!data.every(Number.isFinite))
    throw new LabError('numeric', `meta-lora: ${argument} holds a number that is not finite`, { argument });
}
