import { beforeAll, describe, expect, test } from 'vitest';
import { disposeTree, engine, sgd, tf, type Tensor } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import { expectNoLeak } from '@lab/testing';
import {
  loraSlots,
  maml,
  mamlValueAndGrad,
  metaRetrain,
  reptile,
  sharedAdapterRetrain,
  standardRetrain,
  tableTask,
  type Task,
} from '../../src';
import { network, numbersOf, rows, smallTasks, squaredLoss } from '../support/network';

beforeAll(() => engine());

const executions = ['eager', 'compiled'] as const;

test.each(executions)('M18: Reptile moves towards the task, %s', (execution) =>
  expectNoLeak(async () => {
    const params = { p: tf.scalar(1) };
    const task: Task<typeof params, Record<string, never>> = { id: 'three', batches: () => [{}] };
    const { params: trained } = await reptile({
      params,
      tasks: [task],
      loss: ({ p }) => tf.squaredDifference(p, 3),
      inner: sgd({ learningRate: 0.1 }),
      outer: sgd({ learningRate: 0.5 }),
      innerSteps: 2,
      rounds: 1,
      key: key(0),
      engine: execution,
    });
    expect(trained.p.dataSync()[0]).toBeCloseTo(1.36, 6);
    disposeTree([params, trained]);
  }),
);

test('Reptile: with one outer step for all tasks they are averaged', () =>
  expectNoLeak(async () => {
    const params = { p: tf.scalar(0) };
    const goals = [1, 5].map((goal): Task<typeof params, Tensor> => ({
      id: String(goal),
      batches: () => [tf.scalar(goal)],
    }));
    const common = {
      params,
      tasks: goals,
      loss: ({ p }: typeof params, goal: Tensor) => tf.squaredDifference(p, goal),
      inner: sgd({ learningRate: 0.25 }),
      outer: sgd({ learningRate: 1 }),
      innerSteps: 1,
      rounds: 1,
      key: key(0),
    };
    // One step of rate 1/4 on (p - g)^2 goes half of the way.
    const together = await reptile({ ...common, step: 'accumulate' });
    expect(together.params.p.dataSync()[0]).toBeCloseTo(1.5, 6);
    // After task 1: 0.25; task 5 leads to 2.625, half of that way is taken: 1.4375.
    const each = await reptile({ ...common, step: 'per-task' });
    expect(each.params.p.dataSync()[0]).toBeCloseTo(0.25 + (2.625 - 0.25) / 2, 6);
    disposeTree([params, together.params, each.params]);
  }));

describe('MAML', () => {
  const quadratic = ({ p }: { p: Tensor }, goal: Tensor): Tensor =>
    tf.mul(1.5, tf.squaredDifference(p, goal));

  test('second derivatives are exact: the closed form of quadratics', () =>
    tf.tidy(() => {
      // L = (a/2)(p - c)^2, a = 3: one step gives p' = p - r a (p - c), and dL(p'; q)/dp = a (1 - r a)(p' - q).
      const [p, c, q, rate] = [2, 0.5, -1, 0.1];
      const episode = { support: tf.scalar(c), query: tf.scalar(q) };
      const full = mamlValueAndGrad({ loss: quadratic, innerRate: rate })(
        { p: tf.scalar(p) },
        [episode],
        key(0),
      );
      const fast = p - rate * 3 * (p - c);
      expect(full.grads.p.dataSync()[0]).toBeCloseTo(3 * (1 - rate * 3) * (fast - q), 5);
      const first = mamlValueAndGrad({ loss: quadratic, innerRate: rate, firstOrder: true })(
        { p: tf.scalar(p) },
        [episode],
        key(0),
      );
      expect(first.grads.p.dataSync()[0]).toBeCloseTo(3 * (fast - q), 5);
      expect(first.value.dataSync()[0]).toBeCloseTo(full.value.dataSync()[0]!, 6);
    }));

  test('through a network and two inner steps: the slope of the objective itself', () =>
    tf.tidy(() => {
      const params = network.init(key(0));
      const episodes = [0, 1].map((t) => ({ support: rows(2 * t, 5), query: rows(2 * t + 1, 5) }));
      const objective = mamlValueAndGrad({ loss: squaredLoss, innerRate: 0.3, innerSteps: 2 });
      const { grads } = objective(params, episodes, key(1));
      const along = network.init(key(9));
      const at = (step: number): number => {
        const layers = params.layers.map((layer, i) => ({
          weight: tf.add<Tensor>(layer.weight, tf.mul(along.layers[i]!.weight, step)),
          bias: layer.bias!,
        }));
        return objective({ layers }, episodes, key(1)).value.dataSync()[0]!;
      };
      const slope = grads.layers.reduce(
        (sum, layer, i) => sum + tf.sum(tf.mul(layer.weight, along.layers[i]!.weight)).dataSync()[0]!,
        0,
      );
      expect((at(0.01) - at(-0.01)) / 0.02).toBeCloseTo(slope, 2);
      const first = mamlValueAndGrad({ loss: squaredLoss, innerRate: 0.3, innerSteps: 2, firstOrder: true })(
        params,
        episodes,
        key(1),
      );
      const rough = first.grads.layers.reduce(
        (sum, layer, i) => sum + tf.sum(tf.mul(layer.weight, along.layers[i]!.weight)).dataSync()[0]!,
        0,
      );
      expect(Math.abs(rough - slope)).toBeGreaterThan(0.02 * Math.abs(slope));
    }));

  test.each(executions)('finds the start from which one step arrives, %s', (execution) =>
    expectNoLeak(async () => {
      const params = { p: tf.scalar(4) };
      const { params: trained, report } = await maml({
        params,
        loss: quadratic,
        innerRate: 0.1,
        episodes: () => [1, 3].map((goal) => ({ support: tf.scalar(goal), query: tf.scalar(goal) })),
        optimizer: sgd({ learningRate: 0.2 }),
        steps: 60,
        key: key(0),
        engine: execution,
      });
      expect(trained.p.dataSync()[0]).toBeCloseTo(2, 4);
      expect(report.engine).toBe(execution);
      disposeTree([params, trained]);
    }),
  );

  test('only what adapts moves in the inner descent', () =>
    tf.tidy(() => {
      const params = { body: tf.scalar(1), head: tf.scalar(2) };
      const loss = ({ body, head }: typeof params): Tensor => tf.square(tf.mul(body, head));
      const { value } = mamlValueAndGrad({ loss, innerRate: 0.1, adapts: /^head$/ })(
        params,
        [{ support: {}, query: {} }],
        key(0),
      );
      // head - 0.1 * 2 * body^2 * head = 1.6
      expect(value.dataSync()[0]).toBeCloseTo(1.6 ** 2, 5);
      expect(() => mamlValueAndGrad({ loss, innerSteps: 0 })).toThrow(/innerSteps/);
    }));
});

test('M19: LoRA-ML with adapters that cannot move is standard retraining', () =>
  expectNoLeak(async () => {
    const { tasks, data } = smallTasks(3, { n: 8, batchSize: 4 });
    const params = network.init(key(0));
    const common = {
      params,
      tasks,
      loss: squaredLoss,
      epochs: 3,
      key: key(2),
      optimizer: sgd({ learningRate: 0.05 }),
    };
    const standard = await standardRetrain(common);
    const still = await metaRetrain({
      ...common,
      slots: loraSlots({ targets: /weight$/, rank: 1 }),
      slotOptimizer: sgd({ learningRate: 0 }),
    });
    const [a, b] = [await numbersOf(standard.params), await numbersOf(still.params)];
    a.forEach((values, i) => expect(values).toBeAllclose(b[i]!, { atol: 1e-6 }));
    disposeTree([params, data, standard.params, still.params, still.slots]);
  }));

test('orders of standard retraining, and multi-task LoRA of a frozen base', () =>
  expectNoLeak(async () => {
    const { tasks, data } = smallTasks(3, { n: 8, batchSize: 4 });
    const params = network.init(key(0));
    const common = {
      params,
      tasks,
      loss: squaredLoss,
      epochs: 2,
      key: key(2),
      optimizer: sgd({ learningRate: 0.05 }),
    };
    for (const order of ['interleaved', 'shuffled', 'blocks'] as const) {
      const { report, params: trained } = await standardRetrain({ ...common, order, step: 'per-task' });
      expect(report.steps).toBe(12);
      disposeTree(trained);
    }
    const shared = await sharedAdapterRetrain({
      ...common,
      slots: loraSlots({ targets: /^layers\.0\.weight$/, rank: 1 }),
      epochs: 20,
    });
    const [before, after] = [await numbersOf(params), await numbersOf(shared.params)];
    // Leaves in order: layer 0 bias, weight; layer 1 bias, weight.
    expect([0, 2, 3].map((i) => after[i])).toEqual([0, 2, 3].map((i) => before[i]));
    expect(after[1]).not.toEqual(before[1]);
    expect(shared.report.trained).toEqual({ base: 0, slots: 8 });
    const total = (epoch: number): number => shared.report.epochs[epoch]!.losses.reduce((a, b) => a + b);
    expect(total(19)).toBeLessThan(total(0));
    disposeTree([params, data, shared.params]);
  }));

test('multi-task LoRA: tasks in one step train the one slot as their pooled rows would', () =>
  expectNoLeak(async () => {
    const { tasks, data } = smallTasks(3, { n: 8 });
    const params = network.init(key(0));
    const pooled = tf.tidy(() => ({
      x: tf.concat(data.map(({ x }) => x)),
      y: tf.concat(data.map(({ y }) => y)),
    }));
    const common = {
      params,
      loss: squaredLoss,
      slots: loraSlots({ targets: /weight$/, rank: 1 }),
      optimizer: sgd({ learningRate: 0.1 }),
      epochs: 5,
      key: key(2),
    };
    for (const engine of executions) {
      const many = await sharedAdapterRetrain({ ...common, tasks, reduce: 'mean', engine });
      const one = await sharedAdapterRetrain({
        ...common,
        tasks: [tableTask({ id: 'pooled', ...pooled })],
        engine,
      });
      const [a, b] = [await numbersOf(many.params), await numbersOf(one.params)];
      a.forEach((values, i) => expect(values).toBeAllclose(b[i]!, { atol: 1e-6 }));
      disposeTree([many.params, one.params]);
    }
    disposeTree([params, data, pooled]);
  }));
