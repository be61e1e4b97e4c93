import { LabError } from '../../errors';
import { reshape, transpose } from './arrange';
import { add, mul, sub } from './arithmetic';
import { complex, part } from './complex';
import { product } from './product';
import type { Graph, Value } from './types';

/** Up to here one product with the matrix of the transform is fastest. */
const largestMatrix = 256;
/** The largest prime length: its matrix has 4 n^2 numbers. */
const largestPrime = 2048;

/**
 * The discrete Fourier transform of the rows of a complex value, without scaling: sum over j of x_j exp(sign 2 pi i j k / n).
 *
 * The runtime's own operator is used for powers of two only. For other lengths it is slower than a matrix product (64
 * rows of 257: 6.5 ms against 0.3) and off by 2e-4 at n = 1000.
 *
 * @param x [rows, n, 2]
 */
export function fourier(g: Graph, x: Value, sign: 1 | -1): Value {
  const n = x.shape[1]!;
  if (n <= 1) return x;
  if (n > 64 && (n & (n - 1)) === 0) return native(g, x, sign);
  const factor = largestFactor(n);
  if (n <= largestMatrix || factor === 1) return byMatrix(g, x, sign);
  return byFactors(g, x, sign, factor);
}

function native(g: Graph, x: Value, sign: 1 | -1): Value {
  const axis = g.splat(1, { shape: [], dtype: 'int64' });
  const found = g.op('DFT', [x, undefined, axis], x, {
    attributes: { inverse: sign === 1 ? 1 : 0, onesided: 0 },
  });
  return sign === 1 ? mul(g, found, g.splat(x.shape[1]!, { shape: [], dtype: 'float32' })) : found;
}

function byMatrix(g: Graph, x: Value, sign: 1 | -1): Value {
  const [rows, n] = x.shape as [number, number];
  if (n > largestPrime)
    throw new LabError(
      'unsupported',
      `compile: the length of a Fourier transform has a prime factor above ${largestPrime}`,
      {
        received: n,
        hint: 'pad with zeros to a length of small factors',
      },
    );
  const matrix = new Float32Array(4 * n * n);
  for (let j = 0; j < n; j++)
    for (let k = 0; k < n; k++) {
      const angle = (sign * 2 * Math.PI * ((j * k) % n)) / n;
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      // (x + iy)(cos + i sin) on pairs.
      matrix.set([cos, sin], 2 * j * 2 * n + 2 * k);
      matrix.set([-sin, cos], (2 * j + 1) * 2 * n + 2 * k);
    }
  const constant = g.constant(matrix, { shape: [2 * n, 2 * n], dtype: 'float32' });
  return reshape(g, product(g, reshape(g, x, [rows, 2 * n]), constant), x.shape);
}

/**
 * n = a b: with j = b p + q and k = r + a s, transforms of length a over p, a turn by exp(2 pi i q r / n), transforms of
 * length b over q.
 *
 * Source: Cooley and Tukey, "An algorithm for the machine calculation of complex Fourier series", 1965.
 */
function byFactors(g: Graph, x: Value, sign: 1 | -1, a: number): Value {
  const [rows, n] = x.shape as [number, number];
  const b = n / a;
  const columns = transpose(g, reshape(g, x, [rows, a, b, 2]), [0, 2, 1, 3]);
  const first = fourier(g, reshape(g, columns, [rows * b, a, 2]), sign);
  const turned = turn(g, reshape(g, first, [rows, b, a, 2]), sign);
  const second = fourier(g, reshape(g, transpose(g, turned, [0, 2, 1, 3]), [rows * a, b, 2]), sign);
  return reshape(g, transpose(g, reshape(g, second, [rows, a, b, 2]), [0, 2, 1, 3]), x.shape);
}

/** Multiplies entry (q, r) of [rows, b, a] with exp(sign 2 pi i q r / (a b)). */
function turn(g: Graph, x: Value, sign: 1 | -1): Value {
  const [, b, a] = x.shape as [number, number, number, number];
  const table = (of: (angle: number) => number): Value =>
    g.constant(
      Float32Array.from({ length: a * b }, (_, at) =>
        of((sign * 2 * Math.PI * Math.floor(at / a) * (at % a)) / (a * b)),
      ),
      { shape: [b, a], dtype: 'float32' },
    );
  const [cos, sin] = [table(Math.cos), table(Math.sin)];
  const [real, imag] = [part(g, x, 0), part(g, x, 1)];
  return complex(
    g,
    sub(g, mul(g, real, cos), mul(g, imag, sin)),
    add(g, mul(g, real, sin), mul(g, imag, cos)),
  );
}

function largestFactor(n: number): number {
  for (let factor = Math.floor(Math.sqrt(n)); factor > 1; factor--) if (n % factor === 0) return factor;
  return 1;
}
