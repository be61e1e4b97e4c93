import { beforeAll, describe, expect, test } from 'vitest';
import {
  adamw,
  conv2d,
  disposeTree,
  engine,
  linear,
  lora,
  tf,
  treeSize,
  type Tensor,
} from '@lab/tensor-core';
import { foldIn, key, normal } from '@lab/tensor-core/random';
import { expectNoLeak } from '@lab/testing';
import {
  adapt,
  adaptAll,
  biasSlots,
  bothSlots,
  headSlots,
  loraSlots,
  metaRetrain,
  type SlotKind,
} from '../../src';
import { freshSlot } from '../../src/retrain/adapt';
import { slotTraining, type SlotTraining } from '../../src/training/slot-training';
import { network, numbersOf, rows, smallTasks, squaredLoss } from '../support/network';

beforeAll(() => engine());

const filled = <Slot>(slot: Slot, seed: number): Slot => {
  let place = 0;
  const fill = (value: unknown): unknown =>
    value instanceof tf.Tensor
      ? tf.tensor(normal(foldIn(key(seed), place++), value.size), value.shape)
      : Object.fromEntries(Object.entries(value as object).map(([name, each]) => [name, fill(each)]));
  return fill(slot) as Slot;
};

describe('M14 and M17: a fresh slot changes nothing, a trained one is W + (alpha / rank) C B', () => {
  test('dense layers with biases', () =>
    tf.tidy(() => {
      const layer = linear({ inputs: 4, outputs: 3 });
      const params = { ...layer.init(key(0)), bias: tf.tensor1d([1, -2, 3]) };
      const x = tf.tensor2d(normal(key(1), 20), [5, 4]);
      const slots = loraSlots({ targets: /weight$/, rank: 2, alpha: 6 });
      const slot = slots.init(key(2), params);
      expect(layer.apply(slots.apply(params, slot), x).dataSync()).toEqual(layer.apply(params, x).dataSync());
      expect(treeSize(slot)).toBe(2 * (4 + 3));

      const trained = filled(slot, 7);
      const { down, up } = (trained as { weight: { down: Tensor; up: Tensor } }).weight;
      const direct = tf.add(
        layer.apply(params, x),
        tf.mul(3, tf.matMul(tf.matMul(x, down as never), up as never)),
      );
      expect(layer.apply(slots.apply(params, trained), x)).toBeAllclose(direct, { atol: 1e-5 });
      const merged = lora.merge(params, trained, { alpha: 6 });
      expect(layer.apply(merged.params, x)).toBeAllclose(direct, { atol: 1e-5 });
      expect(lora.unmerge(merged).weight.dataSync()).toEqual(params.weight.dataSync());
    }));

  test('convolutions with biases: a kernel of in = kh kw cin', () =>
    tf.tidy(() => {
      const layer = conv2d({ inputs: 2, outputs: 4, size: 3 });
      const params = { ...layer.init(key(0)), bias: tf.tensor1d([1, -2, 3, 4]) };
      const x = tf.tensor4d(normal(key(1), 72), [1, 6, 6, 2]);
      const slots = loraSlots({ targets: /weight$/, rank: 2 });
      const slot = slots.init(key(2), params);
      expect(layer.apply(slots.apply(params, slot), x)).toBeAllclose(layer.apply(params, x), { atol: 1e-6 });
      const trained = filled(slot, 8);
      const { down, up } = (trained as { weight: { down: Tensor; up: Tensor } }).weight;
      const low = tf.conv2d(x as never, tf.reshape(down, [3, 3, 2, 2]), 1, 'same');
      const direct = tf.add(
        layer.apply(params, x),
        tf.mul(2, tf.conv2d(low, tf.reshape(up, [1, 1, 2, 4]), 1, 'same')),
      );
      expect(layer.apply(slots.apply(params, trained), x)).toBeAllclose(direct, { atol: 1e-4 });
    }));

  test('heads are copies or redrawn, bias offsets start at 0', () =>
    tf.tidy(() => {
      const params = network.init(key(0));
      const x = rows(0, 4).x;
      for (const kind of [headSlots({ targets: /^layers\.1/ }), biasSlots()] as SlotKind<never>[])
        expect(network.apply(kind.apply(params, kind.init(key(1), params)), x).dataSync()).toEqual(
          network.apply(params, x).dataSync(),
        );
      const drawn = headSlots({
        targets: /^layers\.1/,
        init: (each, shape) => tf.tensor(normal(each, shape), [...shape]),
      });
      expect(drawn.init(key(1), params)['layers.1.weight']!.dataSync()).not.toEqual(
        params.layers[1]!.weight.dataSync(),
      );
      expect(() => headSlots({ targets: /none/ }).init(key(0), params)).toThrow(/no parameter is meant/);
      expect(() => loraSlots({ targets: /none/ }).init(key(0), params)).toThrow(/no parameter is meant/);
      expect(() => loraSlots({ targets: /weight/, rank: 3 }).init(key(0), params)).toThrow(/rank/);
    }));
});

const slots = loraSlots({ targets: /weight$/, rank: 1 });
const withHeads = bothSlots(
  loraSlots({ targets: /^layers\.0\.weight$/, rank: 1 }),
  headSlots({ targets: /^layers\.1\./ }),
);
const optimizer = adamw({ learningRate: 0.05 });

type OwnSlot = ReturnType<typeof withHeads.init>;
type Training = SlotTraining<ReturnType<typeof network.init>, OwnSlot, ReturnType<typeof rows>>;

async function withTraining(
  execution: 'eager' | 'compiled',
  count: number,
  trainBase: boolean,
  use: (training: Training) => Promise<void>,
) {
  const params = network.init(key(0));
  const own = Array.from({ length: count }, (_, t) => withHeads.init(foldIn(key(1), t), params));
  const training = slotTraining({
    params,
    slots: own,
    kind: withHeads,
    loss: squaredLoss,
    optimizer,
    slotOptimizer: optimizer,
    trainBase,
    engine: execution,
  });
  try {
    await use(training);
  } finally {
    training.dispose();
    disposeTree([params, own]);
  }
}

describe.each(['eager', 'compiled'] as const)(
  'M15: a step concerns the base and its own slot, %s',
  (execution) => {
    test('all other slots, heads and their moments are the same bits', () =>
      expectNoLeak(async () => {
        const batch = rows(0, 6);
        await withTraining(execution, 3, true, async (training) => {
          training.step([{ slot: 1, batch, weight: 1 }], key(5));
          const before = training.read();
          training.step([{ slot: 2, batch, weight: 1 }], key(6));
          const after = training.read();
          for (const t of [0, 1]) {
            expect(await numbersOf(after.slots[t])).toEqual(await numbersOf(before.slots[t]));
          }
          const steps = (state: unknown): unknown => (state as { count: number }).count;
          expect(after.optimizer.map(steps)).toEqual([0, 1, 1]);
          const momentsOf = async (state: unknown) => numbersOf((state as { mean: unknown }).mean);
          expect(await momentsOf(after.optimizer[1])).toEqual(await momentsOf(before.optimizer[1]));
          expect(await numbersOf(after.slots[2])).not.toEqual(await numbersOf(before.slots[2]));
          expect(await numbersOf(after.params)).not.toEqual(await numbersOf(before.params));
          disposeTree([
            before.params,
            before.slots,
            before.optimizer,
            after.params,
            after.slots,
            after.optimizer,
          ]);
        });
        disposeTree(batch);
      }));

    test('interleaved tasks train as if each had an optimiser of its own', () =>
      expectNoLeak(async () => {
        const batches = [rows(0, 6), rows(1, 6)];
        const alone: Float32Array[][] = [];
        for (const slot of [0, 1])
          await withTraining(execution, 2, false, async (training) => {
            for (let step = 0; step < 3; step++)
              training.step([{ slot, batch: batches[slot]!, weight: 1 }], key(9));
            const read = training.read();
            alone.push(await numbersOf(read.slots[slot]));
            disposeTree([read.slots, read.optimizer]);
          });
        await withTraining(execution, 2, false, async (training) => {
          for (const slot of [0, 1, 1, 0, 0, 1])
            training.step([{ slot, batch: batches[slot]!, weight: 1 }], key(9));
          const read = training.read();
          expect(await numbersOf(read.slots[0])).toEqual(alone[0]);
          expect(await numbersOf(read.slots[1])).toEqual(alone[1]);
          disposeTree([read.slots, read.optimizer]);
        });
        disposeTree(batches);
      }));
  },
);

test('eager and compiled steps agree, one task a step and all at once', async () => {
  const { tasks, data } = smallTasks(3, { n: 10, batchSize: 4 });
  const params = network.init(key(0));
  for (const step of ['per-task', 'accumulate'] as const) {
    const run = (engineName: 'eager' | 'compiled') =>
      metaRetrain({
        params,
        tasks,
        loss: squaredLoss,
        slots,
        optimizer,
        epochs: 3,
        key: key(3),
        step,
        engine: engineName,
      });
    const [eager, compiled] = [await run('eager'), await run('compiled')];
    expect(eager.report.steps).toBe(step === 'per-task' ? 27 : 9);
    const [a, b] = [
      await numbersOf([eager.params, eager.slots]),
      await numbersOf([compiled.params, compiled.slots]),
    ];
    a.forEach((values, i) => expect(values).toBeAllclose(b[i]!, { atol: 1e-4 }));
    expect(compiled.report.engine).toBe('compiled');
    disposeTree([eager.params, eager.slots, compiled.params, compiled.slots]);
  }
  disposeTree([params, data]);
});

test('M16: adapting leaves the base alone and starts from it', () =>
  expectNoLeak(async () => {
    const { tasks, data } = smallTasks(2);
    const params = network.init(key(0));
    const before = await numbersOf(params);
    const losses: number[] = [];
    const { slot } = await adapt({
      params,
      loss: squaredLoss,
      task: tasks[0]!,
      slots,
      optimizer,
      epochs: 5,
      key: key(4),
      onStep: ({ loss }) => void losses.push(loss),
    });
    expect(await numbersOf(params)).toEqual(before);
    const first = tf.tidy(() => squaredLoss(params, data[0]!).dataSync()[0]!);
    expect(losses[0]).toBeCloseTo(first, 6);
    const last = tf.tidy(() => squaredLoss(slots.apply(params, slot), data[0]!).dataSync()[0]!);
    expect(last).toBeLessThan(first);
    // Even with one key for both, no slot of the retraining is where the new one starts.
    const retrained = await metaRetrain({
      params,
      loss: squaredLoss,
      tasks,
      slots,
      optimizer,
      epochs: 1,
      key: key(4),
    });
    const fresh = freshSlot(slots, { key: key(4), task: 0, params });
    const [down] = await numbersOf(fresh);
    for (const old of retrained.slots) expect((await numbersOf(old))[0]).not.toEqual(down);
    disposeTree([retrained.params, retrained.slots, fresh]);
    const together = await adaptAll({
      params,
      loss: squaredLoss,
      tasks,
      slots,
      optimizer,
      epochs: 5,
      key: key(4),
    });
    const alone = await numbersOf(slot);
    (await numbersOf(together.slots[0])).forEach((values, i) =>
      expect(values).toBeAllclose(alone[i]!, { atol: 1e-6 }),
    );
    disposeTree([slot, together.slots, params, data]);
  }));

test('LoRA and a head of one’s own at once, with dropout', () =>
  expectNoLeak(async () => {
    const { tasks, data } = smallTasks(3);
    const params = network.init(key(0));
    const kind = bothSlots(
      loraSlots({ targets: /^layers\.0\.weight$/, rank: 2, dropout: 0.5 }),
      headSlots({ targets: /^layers\.1\./ }),
    );
    const result = await metaRetrain({
      params,
      tasks,
      loss: squaredLoss,
      slots: kind,
      optimizer,
      epochs: 4,
      key: key(1),
    });
    // The base's own head is in nobody's loss: only weight decay moves it.
    const [before, after] = [await numbersOf(params.layers[1]), await numbersOf(result.params.layers[1])];
    before.forEach((values, i) =>
      expect(after[i]).toBeAllclose(
        values.map((v) => v * (1 - 0.05 * 0.01) ** 4),
        { atol: 1e-6 },
      ),
    );
    disposeTree([params, data, result.params, result.slots]);
  }));

test('the best epoch is kept, and what goes wrong is named', () =>
  expectNoLeak(async () => {
    const { tasks, data } = smallTasks(2);
    const params = network.init(key(0));
    let calls = 0;
    const scored = tasks.map((task) => ({ ...task, score: () => [1, 1, 5, 5, 2, 2][calls++]! }));
    const common = { params, loss: squaredLoss, slots, optimizer, epochs: 3, key: key(2) };
    const best = await metaRetrain({ ...common, tasks: scored, selectBy: 'score' });
    expect(best.report.kept).toBe(1);
    const second = await metaRetrain({ ...common, tasks, epochs: 2 });
    expect(await numbersOf(best.params)).toEqual(await numbersOf(second.params));
    disposeTree([best.params, best.slots, second.params, second.slots]);

    await expect(metaRetrain({ ...common, tasks: [] })).rejects.toThrow(/no tasks/);
    await expect(metaRetrain({ ...common, tasks, selectBy: 'score' })).rejects.toThrow(/score of every task/);
    await expect(metaRetrain({ ...common, tasks: [tasks[0]!, tasks[0]!] })).rejects.toThrow(/one id/);
    await expect(metaRetrain({ ...common, tasks, epochs: 0 })).rejects.toThrow(/epochs/);
    await expect(metaRetrain({ ...common, tasks: [{ ...tasks[0]!, batches: () => [] }] })).rejects.toThrow(
      /task 0 has no batch/,
    );
    const nan = { ...tasks[1]!, batches: () => [{ x: tf.fill([2, 3], NaN), y: tf.zeros([2, 2]) }] };
    await expect(metaRetrain({ ...common, tasks: [tasks[0]!, nan] })).rejects.toThrow(
      /task 1 at step 1 is NaN/,
    );
    const one = await metaRetrain({ ...common, tasks: [tasks[0]!] });
    expect(one.report.warnings.join()).toMatch(/one task/);
    disposeTree([one.params, one.slots, params, data]);
  }));
