import {
  disposeTree,
  engine,
  grad,
  hvp,
  randomNormal,
  tf,
  treeMap,
  valueAndGrad,
  type Tensor,
} from '@lab/tensor-core';
import { key, foldIn } from '@lab/tensor-core/random';
import {
  crossEntropy,
  tokenTransformer,
  type KeyValues,
  type TokenTransformerParams,
} from '@lab/diffusion-core/discrete';
import '@lab/testing';
import { expectNoLeak } from '@lab/testing';
import { describe, expect, test } from 'vitest';

await engine();

const sizes = { vocabSize: 9, width: 12, heads: 2, blocks: 2, conditionWidth: 6 };
const ids = tf.tensor2d([1, 2, 3, 8, 0, 5, 5, 7, 8, 8], [2, 5], 'int32');

/** Weights of which none is zero, since scales, shifts and gates start as that. */
function drawn(network: {
  init(at: ReturnType<typeof key>): TokenTransformerParams;
}): TokenTransformerParams {
  let leaf = 0;
  const initial = network.init(key(0));
  const moved = treeMap(
    (x: Tensor) => tf.tidy(() => tf.add(x, tf.mul(randomNormal(foldIn(key(1), leaf++), x.shape), 0.3))),
    initial as never,
  ) as unknown as TokenTransformerParams;
  disposeTree(initial);
  return moved;
}

describe('a noise level', () => {
  const network = tokenTransformer(sizes);
  const params = drawn(network);
  const of = (totalNoise: Tensor) =>
    valueAndGrad((p: TokenTransformerParams) => tf.mean(tf.square(network.apply(p, ids, { totalNoise }))))(
      params,
    );

  test('that all sequences share gives what one each gives, to the gradient', () => {
    const [shared, each] = [of(tf.tensor1d([0.7])), of(tf.tensor1d([0.7, 0.7]))];
    expect(shared.value).toBeAllclose(each.value, { rtol: 1e-5 });
    treeMap(
      (a: Tensor, b: Tensor) => expect(a).toBeAllclose(b, { rtol: 1e-3, atol: 1e-5 }),
      shared.grads,
      each.grads,
    );
  });

  test('that differs between sequences counts for each alone', () => {
    const both = network.apply(params, ids, { totalNoise: tf.tensor1d([0.1, 2]) });
    const second = network.apply(params, tf.slice(ids, [1, 0], [1, 5]), { totalNoise: tf.tensor1d([2]) });
    expect(tf.slice(both, [1, 0, 0], [1, 5, 9])).toBeAllclose(second, { rtol: 1e-4, atol: 1e-5 });
  });
});

describe('of the places that are asked for alone', () => {
  const asked = tf.tensor1d([7, 0, 5, 9, 4, 0], 'int32');
  const rows = randomNormal(key(5), [2, 5, 9]);
  const noises = { none: undefined, shared: tf.tensor1d([0.7]), each: tf.tensor1d([0.1, 2]) };

  test.each([
    ['one noise level', sizes, ids, noises.shared],
    ['a noise level a sequence', sizes, ids, noises.each],
    ['no noise level', { ...sizes, conditionWidth: false as const }, ids, noises.none],
    ['no blocks', { ...sizes, blocks: 0 }, ids, noises.each],
    ['rows', { ...sizes, input: 'rows' as const }, rows, noises.none],
    ['a causal one', { ...sizes, causal: true }, ids, noises.shared],
  ])(
    'a transformer gives what it gives among all, and the same gradient: %s',
    async (_, own, x, totalNoise) => {
      const network = tokenTransformer(own);
      const params = drawn(network);
      const alone = (p: TokenTransformerParams) => network.apply(p, x, { totalNoise, asked });
      const among = (p: TokenTransformerParams) =>
        tf.expandDims(tf.gather(tf.reshape(network.apply(p, x, { totalNoise }), [10, 9]), asked), 1);
      const squares = (of: typeof alone) =>
        valueAndGrad((p: TokenTransformerParams) => tf.sum(tf.square(of(p))))(params);
      expect(alone(params)).toBeAllclose(among(params), { rtol: 1e-4, atol: 1e-5 });
      const [found, expected] = [squares(alone), squares(among)];
      expect(found.value).toBeAllclose(expected.value, { rtol: 1e-5 });
      treeMap(
        (a: Tensor, b: Tensor) => expect(a).toBeAllclose(b, { rtol: 1e-3, atol: 1e-4 }),
        found.grads,
        expected.grads,
      );
      await expectNoLeak(() => alone(params).dispose());
    },
  );

  test('are a list of whole numbers', () => {
    const network = tokenTransformer(sizes);
    const params = network.init(key(0));
    for (const wrong of [tf.tensor1d([0.5]), tf.zeros([1, 2], 'int32')])
      expect(() => network.apply(params, ids, { asked: wrong })).toThrow(/whole numbers/);
  });
});

describe('place by place', () => {
  test('a causal transformer gives what it gives for the whole sequence', async () => {
    const network = tokenTransformer({ ...sizes, conditionWidth: false, causal: true });
    const params = drawn(network);
    const whole = network.apply(params, ids);
    await expectNoLeak(() => {
      let cache = network.emptyCache(2, 5);
      for (let place = 0; place < 5; place++) {
        const [x, at] = [tf.slice(ids, [0, place], [2, 1]), tf.tensor1d([place], 'int32')];
        const next = network.step(params, x, { cache, place: at });
        const expected = tf.slice(whole, [0, place, 0], [2, 1, 9]);
        expect(next.logits).toBeAllclose(expected, { rtol: 1e-4, atol: 1e-5 });
        disposeTree([cache, x, at, next.logits, expected]);
        cache = [...next.cache];
      }
      disposeTree(cache);
    });
  });

  test('a transformer in which all see all goes on by blocks, which see those before them', async () => {
    const network = tokenTransformer(sizes);
    const params = drawn(network);
    // places 0 and 1 see each other, 2 to 4 all
    const visible = tf.tensor2d([1, 1, 0, 0, 0, 1, 1, 0, 0, 0, ...new Array<number>(15).fill(1)], [5, 5]);
    const whole = network.apply(params, ids, { visible });
    await expectNoLeak(() => {
      let cache: readonly KeyValues[] = network.emptyCache(2, 5);
      for (const [first, count] of [
        [0, 2],
        [2, 3],
      ] as const) {
        const [x, place] = [tf.slice(ids, [0, first], [2, count]), tf.tensor1d([first], 'int32')];
        const next = network.step(params, x, { cache, place });
        const expected = tf.slice(whole, [0, first, 0], [2, count, 9]);
        expect(next.logits).toBeAllclose(expected, { rtol: 1e-4, atol: 1e-5 });
        disposeTree([cache, x, place, next.logits, expected]);
        cache = next.cache;
      }
      disposeTree(cache);
    });
  });

  test('is refused for two places of a causal one, and for a cache of another', () => {
    const network = tokenTransformer({ ...sizes, causal: true });
    const [params, place] = [drawn(network), tf.tensor1d([0], 'int32')];
    const given = (count: number) => tf.slice(ids, [0, 0], [2, count]);
    expect(() => network.step(params, given(2), { cache: network.emptyCache(2, 5), place })).toThrow(
      /causal/,
    );
    expect(() => network.step(params, given(1), { cache: [], place })).toThrow(/0 blocks/);
  });
});

describe('crossEntropy', () => {
  const logits = tf.mul(randomNormal(key(3), [2, 3, 4]), 3);
  const targets = tf.tensor2d([0, 3, 1, 2, 2, 0], [2, 3], 'int32');

  test('is minus the log-softmax at the target, and its gradient softmax less 1 there', () => {
    const chosen = tf.cast(tf.oneHot(targets, 4), 'float32');
    expect(crossEntropy(logits, targets)).toBeAllclose(
      tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), chosen), -1)),
      { rtol: 1e-5 },
    );
    const slope = grad((x: Tensor) => tf.sum(crossEntropy(x, targets)))(logits);
    expect(slope).toBeAllclose(tf.sub(tf.softmax(logits), chosen), { rtol: 1e-4, atol: 1e-6 });
  });

  test('has second derivatives: those of the sum of exponentials', () => {
    const along = randomNormal(key(4), [2, 3, 4]);
    const p = tf.softmax(logits);
    const curved = tf.mul(p, tf.sub(along, tf.sum(tf.mul(p, along), -1, true)));
    const found = hvp((x: Tensor) => tf.sum(crossEntropy(x, targets)))(logits, along);
    expect(found).toBeAllclose(curved, { rtol: 1e-3, atol: 1e-5 });
  });

  test('an impossible entry beside the target costs nothing', () => {
    const closed = tf.tensor2d([[1, -1e6, 0]]);
    const loss = crossEntropy(closed, tf.tensor1d([0], 'int32'));
    expect(loss).toBeAllclose(tf.tensor1d([Math.log(1 + Math.exp(-1))]), { rtol: 1e-6 });
  });
});
