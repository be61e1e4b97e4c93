import {
  applyUpdates,
  chain,
  cloneTree,
  disposeTree,
  grad,
  loadTree,
  saveTree,
  tf,
  tidyTree,
  treeLeaves,
  type GradientTransformation,
  type OptimizerState,
  type Tensor,
} from '@lab/tensor-core';
import { expectNoLeak } from '@lab/testing';
import { describe, expect, test } from 'vitest';

export interface OptimizerCase {
  readonly make: () => GradientTransformation;
  /** Finds the minimum of a quadratic in 300 steps to within this. */
  readonly minimises?: number;
}

type Params = { w: Tensor; list: [Tensor, Tensor] };

const start = (): Params => ({
  w: tf.tensor2d([1, -2, 3, 0.5], [2, 2]),
  list: [tf.tensor1d([4, -5]), tf.scalar(0.25)],
});
const target = (): Params => ({
  w: tf.tensor2d([0, 1, -1, 0.5], [2, 2]),
  list: [tf.tensor1d([1, 1]), tf.scalar(2)],
});
const slope = (params: Params): Params =>
  tidyTree(() => {
    const to = target();
    return {
      w: tf.sub(params.w, to.w),
      list: [tf.sub(params.list[0], to.list[0]), tf.sub(params.list[1], to.list[1])],
    };
  });
const values = (tree: unknown): number[][] =>
  treeLeaves(tree as Tensor).map((leaf: Tensor | number) =>
    typeof leaf === 'number' ? [leaf] : [...leaf.dataSync()],
  );

/** Steps from `params` on, freeing what lies between. */
function run(
  optimizer: GradientTransformation,
  steps: number,
  params = start(),
  state = optimizer.init(params),
) {
  for (let i = 0; i < steps; i++) {
    const grads = slope(params);
    const next = optimizer.update(grads, state, params);
    const moved = applyUpdates(params, next.updates);
    disposeTree([grads, next.updates, state, params]);
    ({ state } = next);
    params = moved;
  }
  return { params, state };
}

/** What every gradient transformation holds. */
export function optimizerContract(name: string, { make, minimises }: OptimizerCase): void {
  describe(name, () => {
    test('deterministic, leaves inputs as they were, leaks nothing', () =>
      expectNoLeak(() => {
        const optimizer = make();
        const params = start();
        const grads = slope(params);
        const warm = run(optimizer, 3, cloneTree(params));
        const before = values([params, grads, warm.state]);
        const first = optimizer.update(grads, warm.state, params);
        const second = optimizer.update(grads, warm.state, params);
        expect(values([second.updates, second.state])).toEqual(values([first.updates, first.state]));
        expect(values([params, grads, warm.state])).toEqual(before);
        // The results are the caller's own: the old state and the gradients may go first.
        const after = values([second.updates, second.state]);
        disposeTree([params, grads, warm]);
        expect(values([first.updates, first.state])).toEqual(after);
        disposeTree([first, second]);
      }));

    test('names, not positions, tell leaves apart', () =>
      expectNoLeak(() => {
        const optimizer = make();
        const state = run(optimizer, 4);
        const grads = slope(state.params);
        const whole = optimizer.update(grads, state.state, state.params);
        // The same leaves written in another order.
        const { w, list } = grads;
        const other = optimizer.update({ list, w }, state.state, {
          list: state.params.list,
          w: state.params.w,
        });
        expect(values(other.updates)).toEqual(values(whole.updates));
        disposeTree([state, grads, whole, other]);
      }));

    test('ENGINE trap 8: a task that leaves a parameter out does not disturb what is known of it', () =>
      expectNoLeak(() => {
        const optimizer = make();
        // Two tasks with a head each, alternating: each head must move as if it had been trained alone.
        let params = { first: tf.tensor1d([1, 2]), second: tf.tensor1d([3, -4]) };
        let state = optimizer.init(params);
        const alone = {
          first: cloneTree({ first: params.first }),
          second: cloneTree({ second: params.second }),
        };
        const states = { first: optimizer.init(alone.first), second: optimizer.init(alone.second) };
        for (let i = 0; i < 6; i++) {
          const head = i % 2 === 0 ? 'first' : 'second';
          const grads = { [head]: tf.tensor1d([0.5 * i - 1, 1 / (i + 1)]) };
          const next = optimizer.update(grads, state, params);
          const own = optimizer.update(grads, states[head], alone[head]);
          const moved = applyUpdates(params, next.updates);
          const ownMoved = applyUpdates(alone[head], own.updates);
          disposeTree([grads, params, state, next.updates, alone[head], states[head], own.updates]);
          params = moved;
          ({ state } = next);
          alone[head] = ownMoved as never;
          states[head] = own.state;
        }
        expect(values(params)).toEqual(values([alone.first, alone.second]));
        disposeTree([params, state, alone, states]);
      }));

    test('goes on as before after its state was saved and loaded', () =>
      expectNoLeak(async () => {
        const optimizer = make();
        const { params, state } = run(optimizer, 3);
        const fresh = optimizer.init(params);
        const loaded = loadTree<OptimizerState>(fresh, await saveTree(state));
        expect(values(loaded)).toEqual(values(state));
        const kept = cloneTree(params);
        const left = run(optimizer, 3, params, state);
        const right = run(optimizer, 3, kept, loaded);
        expect(values(right)).toEqual(values(left));
        disposeTree([fresh, left, right]);
      }));

    test('chained alone it is itself', () =>
      expectNoLeak(() => {
        const [plain, chained] = [run(make(), 3), run(chain(make()), 3)];
        expect(values(chained.params)).toEqual(values(plain.params));
        disposeTree([plain, chained]);
      }));

    test('may stand inside a loss', () =>
      expectNoLeak(() => {
        // d/dg of sum(update(g)) has to equal its difference quotient.
        const optimizer = make();
        const params = { x: tf.tensor1d([0.5, -1]) };
        const state = optimizer.init(params);
        const moved = (g: Tensor): Tensor => tf.sum(optimizer.update({ x: g }, state, params).updates.x);
        const at = tf.tensor1d([0.4, -0.3]);
        const derivative = tidyTree(() => grad(moved)(at));
        const h = 1e-2;
        const numeric = [0, 1].map((i) => {
          const shift = tf.tensor1d(i === 0 ? [h, 0] : [0, h]);
          const quotient = tf.tidy(() =>
            tf.div(tf.sub(moved(tf.add(at, shift)), moved(tf.sub(at, shift))), 2 * h),
          );
          const [value] = quotient.dataSync();
          tf.dispose([shift, quotient]);
          return value!;
        });
        derivative.dataSync().forEach((value, i) => {
          expect(value).toBeCloseTo(numeric[i]!, 2);
        });
        disposeTree([params, state, at, derivative]);
      }));

    test('a tree without leaves has nothing to update', () => {
      const optimizer = make();
      expect(optimizer.update({}, optimizer.init({}), {}).updates).toEqual({});
    });

    if (minimises !== undefined)
      test('finds the minimum of a quadratic', () =>
        expectNoLeak(() => {
          const { params, state } = run(make(), 300);
          const to = target();
          values(params).forEach((leaf, i) => {
            leaf.forEach((value, j) => {
              expect(Math.abs(value - values(to)[i]![j]!)).toBeLessThan(minimises);
            });
          });
          disposeTree([params, state, to]);
        }));
  });
}
