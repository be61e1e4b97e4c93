import {
  adamw,
  applyUpdates,
  disposeTree,
  engine,
  randomNormal,
  sgd,
  tf,
  treeLeaves,
  type Tensor,
} from '@lab/tensor-core';
import { compileStep } from '@lab/tensor-core/compile';
import { foldIn, key, normal } from '@lab/tensor-core/random';
import { expectNoLeak } from '@lab/testing';
import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { distance } from '../support/check';
import { missing } from './support';

await engine({ prefer: 'wasm' });
const numbers = (tree: unknown): number[][] =>
  treeLeaves<Tensor | undefined>(tree as Tensor).flatMap((leaf) => (leaf ? [[...leaf.dataSync()]] : []));

describe.skipIf(missing !== undefined)('compileStep', () => {
  test('the state moves on in the runtime: a linear recurrence in closed form', async () => {
    await expectNoLeak(() => {
      const start: { x: Tensor; n: Tensor; none: undefined } = {
        x: tf.tensor1d([1, 2]),
        n: tf.tensor1d([0, 0], 'int32'),
        none: undefined,
      };
      const run = compileStep(
        (state: typeof start, by: Tensor) => ({
          state: { x: tf.mul(state.x, by), n: tf.add(state.n, tf.scalar(1, 'int32')), none: undefined },
          output: tf.sum(state.x),
        }),
        start,
      );
      disposeTree(start);
      const two = tf.scalar(2);
      for (let i = 0; i < 10; i++) {
        const total = run.run(two);
        expect(total.dataSync()[0]).toBe(3 * 2 ** i);
        total.dispose();
      }
      const state = run.read();
      expect(numbers(state)).toEqual([
        [10, 10],
        [1024, 2048],
      ]);
      disposeTree([state, two]);
      run.dispose();
    });
  });

  test('undo puts back one step, once', () => {
    const run = compileStep(
      (x: Tensor) => ({ state: tf.mul(x, 3), output: undefined }),
      tf.scalar(1) as Tensor,
    );
    expect(() => run.undo()).toThrow(/no step to be undone/);
    run.run();
    run.run();
    run.undo();
    expect(numbers(run.read())).toEqual([[3]]);
    expect(() => run.undo()).toThrow(/no step to be undone/);
    run.run();
    expect(numbers(run.read())).toEqual([[9]]);
    run.dispose();
    expect(() => run.run()).toThrow(/disposed/);
    expect(() => run.read()).toThrow(/disposed/);
  });

  test('a step that fails leaves the state, and nothing to be undone', () => {
    const table = tf.tensor1d([1, 2, 3]);
    const run = compileStep<Tensor, [Tensor], undefined>(
      (x, at) => ({ state: tf.add(x, tf.gather(table, at)), output: undefined }),
      tf.zeros([1]),
    );
    const [good, bad] = [tf.tensor1d([2], 'int32'), tf.tensor1d([7], 'int32')];
    run.run(good);
    expect(() => run.run(bad)).toThrow(/stopped while it computed.*out of data bounds/);
    expect(numbers(run.read())).toEqual([[3]]);
    expect(() => run.undo()).toThrow(/no step to be undone/);
    run.run(good);
    expect(numbers(run.read())).toEqual([[6]]);
    run.dispose();
  });

  test('inputs of another shape get a graph of their own, which takes the state over', () => {
    const run = compileStep(
      (sum: Tensor, x: Tensor) => ({ state: tf.add(sum, tf.sum(x)), output: tf.clone(sum) }),
      tf.scalar(0) as Tensor,
    );
    const given = [[1, 2], [3], [4, 5], [6]].map((x) => tf.tensor1d(x));
    expect(given.map((x) => run.run(x).dataSync()[0])).toEqual([0, 3, 6, 15]);
    expect(numbers(run.read())).toEqual([[21]]);
    run.dispose();
  });

  test('keys among the inputs draw anew with every step', () => {
    const run = compileStep(
      (x: Tensor, at: readonly [number, number]) => ({
        state: tf.add(x, randomNormal(at, [2])),
        output: undefined,
      }),
      tf.zeros([2]),
      { keyInputs: [0] },
    );
    for (let i = 0; i < 3; i++) run.run(foldIn(key(5), i));
    const drawn = [0, 1, 2].map((i) => normal(foldIn(key(5), i), 2));
    const sum = [0, 1].map((j) => Math.fround(Math.fround(drawn[0]![j]! + drawn[1]![j]!) + drawn[2]![j]!));
    expect(numbers(run.read())).toEqual([sum]);
    run.dispose();
  });

  test('refuses a state that changes its structure, shape or type, and leaves that are not tensors', () => {
    const of = (step: (x: Tensor) => unknown) => () =>
      compileStep<Tensor, [], undefined>(
        (x) => ({ state: step(x) as Tensor, output: undefined }),
        tf.zeros([2]),
      ).run();
    expect(of((x) => tf.concat([x, x]))).toThrow(/argument: state.*expected: .*\[2\].*received: .*\[4\]/);
    expect(of((x) => tf.cast(x, 'int32'))).toThrow(/same structure, shapes and types/);
    expect(of((x) => ({ x }))).toThrow(/received: .*state\.x/);
    expect(of((x) => [x, x])).toThrow(/same structure/);
    expect(() => compileStep((x: object) => ({ state: x, output: 0 }), { count: 1 })).toThrow(
      /argument: initial\.count.*number/,
    );
  });

  const shape = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 });
  const leaf = fc.record({ shape, decays: fc.boolean(), used: fc.boolean(), seed: fc.nat(1000) });
  property.prop([fc.array(leaf, { minLength: 1, maxLength: 8 })], { numRuns: 25 })(
    'parameters of any shapes, laid end to end, are updated as each by itself',
    (leaves) => {
      const params = leaves.map(({ shape, decays, seed }) => {
        const value = randomNormal(key(seed), shape);
        return decays ? { weight: value } : { bias: value };
      });
      const slope = (tree: typeof params): typeof params =>
        tree.map((each, i) => {
          const [name, x] = Object.entries(each)[0]!;
          return { [name]: leaves[i]!.used ? tf.sin(tf.mul(x, i + 1)) : tf.zerosLike(x) } as never;
        });
      for (const optimizer of [
        adamw({ learningRate: 0.1, weightDecay: 0.3, decay: /weight$/ }),
        sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }),
      ]) {
        const moments = optimizer.init(params) as Record<string, unknown>;
        // Counts do not belong into the state; here they stay as they were at the start.
        const rest = Object.fromEntries(
          Object.entries(moments).filter(([name]) => name !== 'count' && name !== 'steps'),
        );
        const counts = Object.fromEntries(Object.entries(moments).filter(([name]) => !(name in rest)));
        const step = (state: { params: typeof params; rest: typeof rest }) => {
          const found = optimizer.update(
            slope(state.params),
            { ...counts, ...state.rest } as never,
            state.params,
          );
          const next = found.state as Record<string, unknown>;
          return {
            state: {
              params: applyUpdates(state.params, found.updates),
              rest: Object.fromEntries(Object.keys(rest).map((name) => [name, next[name]])),
            },
            output: undefined,
          };
        };
        const compiled = compileStep(step, { params, rest }, { threads: 1 });
        let eager = { params, rest };
        for (let i = 0; i < 3; i++) {
          compiled.run();
          eager = step(eager).state;
        }
        const [a, b] = [numbers(compiled.read()), numbers(eager)];
        expect(a.map(({ length }) => length)).toEqual(b.map(({ length }) => length));
        a.forEach((each, i) => expect(distance(each, b[i]!)).toBeLessThan(2e-5));
        compiled.dispose();
      }
    },
  );
});
