// One test a trap of TensorFlow.js that this package cures; traps.md says where each of the others is.
import { engine, grad, random, randomNormal, tf, type Tensor } from '@lab/tensor-core';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

await engine({ prefer: 'wasm' });
const numbers = (x: Tensor): number[] => [...x.dataSync()];

describe('trap 3: what WebAssembly could not train', () => {
  test.each([
    'Conv2DBackpropFilter',
    'DepthwiseConv2dNativeBackpropFilter',
    'DepthwiseConv2dNativeBackpropInput',
    'UnsortedSegmentSum',
    'Einsum',
    'Complex',
    'Real',
    'Imag',
    'ComplexAbs',
    'FFT',
    'IFFT',
  ])('has the kernel %s', (name) => {
    expect(tf.getKernel(name, 'wasm')).toBeDefined();
  });
});

describe('trap 4: gradients that were missing or wrong', () => {
  test('mirrorPad adds up what it reflected', () => {
    // [b, a, b, c, b]: a once, b three times, c once
    const slope = grad((x: Tensor) => tf.sum(tf.mirrorPad(x, [[1, 1]], 'reflect')))(tf.tensor1d([5, 6, 7]));
    expect(numbers(slope)).toEqual([1, 3, 1]);
  });

  test('einsum', () => {
    const w = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    // y_i = sum_j w_ij x_j: dx is the column sums of w
    expect(numbers(grad((x: Tensor) => tf.sum(tf.einsum('ij,j->i', w, x)))(tf.tensor1d([7, 8])))).toEqual([
      4, 6,
    ]);
  });

  test('topk', () => {
    expect(numbers(grad((x: Tensor) => tf.sum(tf.topk(x, 2).values))(tf.tensor1d([3, 9, 1, 5])))).toEqual([
      0, 1, 0, 1,
    ]);
  });

  test('stridedSlice', () => {
    const slope = grad((x: Tensor) => tf.sum(tf.stridedSlice(x, [0], [5], [2])))(
      tf.tensor1d([1, 2, 3, 4, 5]),
    );
    expect(numbers(slope)).toEqual([1, 0, 1, 0, 1]);
  });

  test('gatherND counts a row as often as it was taken', () => {
    const at = tf.tensor2d([1, 1, 0], [3, 1], 'int32');
    expect(numbers(grad((x: Tensor) => tf.sum(tf.gatherND(x, at)))(tf.tensor1d([5, 6, 7])))).toEqual([
      1, 2, 0,
    ]);
  });

  test('cumsum along an axis that is not the last (found here)', () => {
    // Column sums from the top: the first row counts twice.
    const slope = grad((x: Tensor) => tf.sum(tf.cumsum(x, 0)))(tf.tensor2d([1, 2, 3, 4], [2, 2]));
    expect(numbers(slope)).toEqual([2, 2, 1, 1]);
  });

  test('second derivatives of ops that save their output (found here)', () => {
    const twice = grad((x: Tensor) => tf.sum(grad((y: Tensor) => tf.sum(tf.exp(y)))(x)));
    expect(numbers(twice(tf.tensor1d([0])))).toEqual([1]);
  });
});

test('trap 6: seed 0 is a seed like any other', () => {
  const draw = (seed: number): number[] => numbers(randomNormal(random.key(seed), [4]));
  expect(draw(0)).toEqual(draw(0));
  expect(draw(0)).not.toEqual(draw(1));
  expect(draw(0)).toEqual([...random.normal(random.key(0), 4)]);
});

describe('trap 7: tf.tidy walks typed arrays element by element', () => {
  /** The text of every call of a tidy, to its closing parenthesis. */
  function tidied(source: string): string[] {
    return [...source.matchAll(/\btidy(?:Tree)?\(/g)].map(({ index }) => {
      let end = source.indexOf('(', index) + 1;
      for (let depth = 1; depth > 0 && end < source.length; end++)
        depth += source[end] === '(' ? 1 : source[end] === ')' ? -1 : 0;
      return source.slice(index, end);
    });
  }
  const reads = /\.(?:dataSync|arraySync|data|array)\(/;

  test('no tidy of this package reads data', () => {
    const folder = new URL('../src/', import.meta.url);
    const files = readdirSync(folder, { recursive: true })
      .map(String)
      .filter((file) => file.endsWith('.ts'));
    const calls = files.flatMap((file) => tidied(readFileSync(new URL(file, folder), 'utf8')));
    expect(calls.length).toBeGreaterThan(5);
    expect(calls.filter((call) => reads.test(call))).toEqual([]);
  });

  test('the check sees one that does', () => {
    expect(
      tidied('tf.tidy(() => f(x).dataSync()); g(y).dataSync()').filter((call) => reads.test(call)),
    ).toHaveLength(1);
  });
});
