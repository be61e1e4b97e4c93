import { engine, ifft, fft, tf, type Tensor } from '@lab/tensor-core';
import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { distance, spread } from '../support/check';

await engine({ prefer: 'wasm' });
const numbers = (x: Tensor): number[] => [...x.dataSync()];

describe('einsum', () => {
  /** The definition: a sum over all assignments of the labels, in float64. */
  function reference(equation: string, operands: { values: Float32Array; shape: number[] }[]): number[] {
    const [left = '', output = ''] = equation.split('->');
    const terms = left.split(',');
    const sizes = new Map<string, number>();
    terms.forEach((term, i) => {
      Array.from(term).forEach((label, axis) => sizes.set(label, operands[i]?.shape[axis] as number));
    });
    const labels = [...sizes.keys()];
    const offset = (term: string, at: Map<string, number>): number =>
      Array.from(term).reduce((n, label) => n * (sizes.get(label) as number) + (at.get(label) as number), 0);
    const out = new Array<number>(
      Array.from(output).reduce((n, label) => n * (sizes.get(label) as number), 1),
    ).fill(0);
    const visit = (depth: number, at: Map<string, number>): void => {
      if (depth < labels.length) {
        const label = labels[depth] as string;
        for (let i = 0; i < (sizes.get(label) as number); i++) visit(depth + 1, at.set(label, i));
        return;
      }
      const value = operands.reduce(
        (n, { values }, i) => n * (values[offset(terms[i] as string, at)] as number),
        1,
      );
      out[offset(output, at)] = (out[offset(output, at)] as number) + value;
    };
    visit(0, new Map());
    return out;
  }

  const term = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 0, maxLength: 4 });
  property.prop([fc.array(term, { minLength: 1, maxLength: 3 }), fc.infiniteStream(fc.nat())], {
    numRuns: 80,
  })('equals its definition for any equation', (terms, choices) => {
    const all = [...new Set(terms.flat())];
    const pick = (): number => choices.next().value as number;
    const output = all.filter(() => pick() % 2 === 0).sort(() => (pick() % 2 === 0 ? 1 : -1));
    const equation = `${terms.map((labels) => labels.join('')).join(',')}->${output.join('')}`;
    const size: Record<string, number> = { a: 2, b: 3, c: 1, d: 4 };
    const operands = terms.map((labels, i) => {
      const shape = labels.map((label) => size[label] as number);
      return {
        shape,
        values: spread(
          shape.reduce((x, y) => x * y, 1),
          i,
        ),
      };
    });
    const before = tf.memory().numTensors;
    const found = tf.tidy(() =>
      tf.einsum(equation, ...operands.map(({ values, shape }) => tf.tensor(values, shape))),
    );
    expect(distance(numbers(found), reference(equation, operands))).toBeLessThan(1e-5);
    found.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('refuses equations it cannot read', () => {
    const x = tf.zeros([2, 2]);
    expect(() => tf.einsum('ii->i', x)).toThrow(/each at most once/);
    expect(() => tf.einsum('ij->k', x)).toThrow(/'k', which no operand has/);
    expect(() => tf.einsum('ij,jk->ik', x, tf.zeros([3, 2]))).toThrow(/operand 1 does not fit/);
    expect(() => tf.einsum('ijk->i', x)).toThrow(/operand 0 does not fit/);
    expect(() => tf.einsum('ij', x)).toThrow(/output/);
  });
});

describe('fft', () => {
  property.prop([fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 3 })], { numRuns: 40 })(
    'equals its definition for any length, and the inverse takes it back',
    (n, rows) => {
      const [re, im] = [spread(rows * n, 1), spread(rows * n, 2)];
      const expected = { real: new Float64Array(rows * n), imag: new Float64Array(rows * n) };
      for (let row = 0; row < rows; row++)
        for (let k = 0; k < n; k++)
          for (let j = 0; j < n; j++) {
            const [c, s] = [Math.cos((2 * Math.PI * j * k) / n), -Math.sin((2 * Math.PI * j * k) / n)];
            const [x, y] = [re[row * n + j] as number, im[row * n + j] as number];
            const at = row * n + k;
            expected.real[at] = (expected.real[at] as number) + x * c - y * s;
            expected.imag[at] = (expected.imag[at] as number) + x * s + y * c;
          }
      const before = tf.memory().numTensors;
      const found = fft(tf.tensor2d(re, [rows, n]), tf.tensor2d(im, [rows, n]));
      expect(distance(numbers(found.real), expected.real)).toBeLessThan(1e-5);
      expect(distance(numbers(found.imag), expected.imag)).toBeLessThan(1e-5);
      const back = ifft(found.real, found.imag);
      expect(distance(numbers(back.real), re)).toBeLessThan(1e-5);
      expect(distance(numbers(back.imag), im)).toBeLessThan(1e-5);
      tf.dispose([found.real, found.imag, back.real, back.imag]);
      expect(tf.memory().numTensors).toBe(before + 2);
    },
  );

  test('the ops of tf.spectral', () => {
    // rfft of cos(2 pi j / 8) is 4 at frequency 1 and nothing elsewhere.
    const wave = tf.tensor1d(Array.from({ length: 8 }, (_, j) => Math.cos((2 * Math.PI * j) / 8)));
    const spectrum = tf.spectral.rfft(wave);
    expect(distance(numbers(tf.real(spectrum)), [0, 4, 0, 0, 0])).toBeLessThan(1e-6);
    expect(distance(numbers(tf.reshape(tf.spectral.irfft(spectrum), [-1])), numbers(wave))).toBeLessThan(
      1e-6,
    );
  });

  test('refuses parts of different shapes', () => {
    expect(() => fft(tf.zeros([4]), tf.zeros([3]))).toThrow(/\[\[4\],\[3\]\]/);
    expect(() => fft(tf.scalar(1))).toThrow(/at least one axis/);
  });
});

test('complex numbers: parts, sum, product, absolute value, casts, reading', () => {
  const [a, b] = [tf.complex([1, 2], [3, -1]), tf.complex([0.5, -2], [1, 4])];
  // (1+3i)(0.5+i) = -2.5+2.5i, (2-i)(-2+4i) = 10i
  expect(numbers(tf.mul(a, b))).toEqual([-2.5, 2.5, 0, 10]);
  expect(numbers(tf.add(a, b))).toEqual([1.5, 4, 0, 3]);
  expect(numbers(tf.sub(a, b))).toEqual([0.5, 2, 4, -5]);
  expect(numbers(tf.imag(a))).toEqual([3, -1]);
  expect(distance(numbers(tf.abs(a)), [Math.sqrt(10), Math.sqrt(5)])).toBeLessThan(1e-7);
  expect(numbers(tf.cast(tf.tensor1d([1, 2]), 'complex64'))).toEqual([1, 0, 2, 0]);
  expect(numbers(tf.reshape(a, [2, 1]))).toEqual([1, 3, 2, -1]);
});

test('unsortedSegmentSum drops ids out of range and sums whole numbers', () => {
  const ids = tf.tensor1d([2, -1, 0, 2, 7], 'int32');
  const x = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [5, 2], 'int32');
  const sums = tf.unsortedSegmentSum(x, ids, 3);
  expect([sums.dtype, numbers(sums)]).toEqual(['int32', [5, 6, 0, 0, 8, 10]]);
});

test('stridedSlice takes what the definition says', () => {
  const x = tf.tensor2d(
    Array.from({ length: 30 }, (_, i) => i),
    [5, 6],
  );
  // x[1:4:2, 2], x[4:0:-2, 5:0:-3], x[..., None, 1:3]
  expect(numbers(tf.stridedSlice(x, [1, 2], [4, 3], [2, 1], 0, 0, 0, 0, 2))).toEqual([8, 20]);
  expect(numbers(tf.stridedSlice(x, [4, 5], [0, 0], [-2, -3]))).toEqual([29, 26, 17, 14]);
  const added = tf.stridedSlice(x, [0, 0, 1], [0, 0, 3], [1, 1, 1], 0, 0, 1, 2);
  expect(added.shape).toEqual([5, 1, 2]);
  expect(tf.stridedSlice(x, [3, 0], [1, 6], [1, 1]).shape).toEqual([0, 6]);
});

test('a convolution of large images has the gradients of its definition', () => {
  // d/df[0,0] and d/dx of sum(w * conv(x, f)) by plain sums in float64.
  const [h, w] = [20, 17];
  const x = spread(2 * h * w, 1);
  const weights = spread(2 * (h - 2) * (w - 2), 2);
  const f = spread(9, 3);
  const [dx, df] = tf.grads((a: Tensor, b: Tensor) =>
    tf.sum(tf.mul(tf.conv2d(a as never, b as never, 1, 'valid'), tf.tensor4d(weights, [2, h - 2, w - 2, 1]))),
  )([tf.tensor4d(x, [2, h, w, 1]), tf.tensor4d(f, [3, 3, 1, 1])]) as [Tensor, Tensor];
  const [byInput, byFilter] = [new Float64Array(x.length), new Float64Array(9)];
  for (let b = 0; b < 2; b++)
    for (let p = 0; p < h - 2; p++)
      for (let q = 0; q < w - 2; q++)
        for (let tap = 0; tap < 9; tap++) {
          const at = (b * h + p + Math.floor(tap / 3)) * w + q + (tap % 3);
          const dy = weights[(b * (h - 2) + p) * (w - 2) + q] as number;
          byInput[at] = (byInput[at] as number) + dy * (f[tap] as number);
          byFilter[tap] = (byFilter[tap] as number) + dy * (x[at] as number);
        }
  expect(distance(numbers(dx), byInput)).toBeLessThan(1e-5);
  expect(distance(numbers(df), byFilter)).toBeLessThan(1e-5);
});
