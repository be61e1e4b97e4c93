import { expect, test } from 'vitest';
import {
  adamw,
  chain,
  clipByGlobalNorm,
  countGrowth,
  countsAlone,
  countsOf,
  disposeTree,
  engine,
  joinCounts,
  tf,
  treeLeaves,
  withoutCounts,
} from '@lab/tensor-core';
import { expectNoLeak } from '@lab/testing';

await engine({ prefer: 'wasm' });

const optimizer = chain(clipByGlobalNorm(1), adamw({ learningRate: 0.1 }));

test('a state that is taken apart and joined is the same, with counts of its own', () =>
  expectNoLeak(() => {
    const params = { a: tf.tensor1d([1, 2]), b: tf.scalar(3) };
    const state = optimizer.init(params);
    const [tensors, skeleton] = [withoutCounts(state), countsAlone(state)];
    expect(countsOf(tensors)).toEqual([]);
    expect(treeLeaves<unknown>(skeleton).some((leaf) => leaf instanceof tf.Tensor)).toBe(false);
    expect(joinCounts(tensors, skeleton, countsOf(state))).toEqual(state);
    const later = joinCounts(
      tensors,
      skeleton,
      countsOf(state).map((count) => count + 7),
    );
    expect(countGrowth(later, countsOf(state))).toEqual(countsOf(state).map(() => 7));
    disposeTree([params, state]);
  }));

test('an update adds one to every count, and numbers that are no counts are refused', () =>
  expectNoLeak(() => {
    const params = { a: tf.tensor1d([1, 2]) };
    const state = optimizer.init(params);
    const { updates, state: next } = optimizer.update(params, state, params);
    expect(countGrowth(next, countsOf(state))).toEqual(countsOf(state).map(() => 1));
    expect(() => countGrowth({ rate: 0.5 }, [0])).toThrow(/must be counts.*engine: 'eager'/);
    expect(() => countGrowth({ count: 1 }, [0, 0])).toThrow(/must be counts/);
    disposeTree([params, state, updates, next]);
  }));
