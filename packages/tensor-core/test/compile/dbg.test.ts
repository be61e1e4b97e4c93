import { tf } from '@lab/tensor-core';
import { test } from 'vitest';
import { compiled, eager } from './support';
import { floats, withGradients } from './family';
test('x', async () => {
  const show = async (name: string, job: any) => { const c = await eager('cpu', [job]).catch((e) => [[String(e)]]); const w = await eager('wasm', [job]); const k = compiled([job]); console.log(name, '\ncpu ', c[0]!.map((a: any) => Array.from(a).slice(0, 12).join(' ')), '\nwasm', w[0]!.map((a) => Array.from(a).slice(0, 12).join(' ')), '\ncomp', k[0]!.map((a) => Array.from(a).slice(0, 12).join(' '))); };
  await show('depth', { inputs: [floats([1, 2, 1, 1], 0), floats([1, 2, 1, 1], 1)], run: (x: any, f: any) => [x, f, tf.depthwiseConv2d(x, f, 2, 'same')] });
  await show('conv', { inputs: [floats([1, 2, 1, 1], 0), floats([1, 2, 1, 1], 1)], run: (x: any, f: any) => [x, f, tf.conv2d(x, f, [2, 1], 'same')] });
  await show('conv 4', { inputs: [floats([1, 5, 4, 1], 0), floats([2, 2, 1, 1], 1)], run: (x: any, f: any) => [tf.conv2d(x, f, [2, 1], 'same')] });
  await show('nearest', withGradients([floats([1, 1, 2, 1], 0)], (x) => tf.image.resizeNearestNeighbor(x as never, [1, 1], false, true)));
  await show('nearest', withGradients([floats([1, 1, 5, 1], 0)], (x) => tf.image.resizeNearestNeighbor(x as never, [1, 3], false, true)));
  await show('avg', { inputs: [floats([1, 6, 6, 1], 0)], run: (x: any) => [tf.avgPool(x, 3, 2, 1, 'ceil')] });
  await show('avg', { inputs: [floats([1, 6, 6, 1], 0)], run: (x: any) => [tf.maxPool(x, 3, 2, 1, 'ceil')] });
});
