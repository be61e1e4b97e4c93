import {
  adam,
  chain,
  clipByGlobalNorm,
  disposeTree,
  ema,
  engine,
  fit,
  memoryCheckpoints,
  sgd,
  tf,
  trainStep,
  treeLeaves,
  type CheckpointStore,
  type FitEvent,
  type FitResult,
  type Tensor,
} from '@lab/tensor-core';
import { foldIn, key, split, type Key } from '@lab/tensor-core/random';
import { expectNoLeak, liveTensors } from '@lab/testing';
import { describe, expect, test } from 'vitest';
import { batches, fresh, loss, problem, type Batch, type Params } from './problem';

await engine({ prefer: 'wasm' });

const optimizer = chain(clipByGlobalNorm(1), adam({ learningRate: 0.02 }));
const values = (tree: unknown): number[][] =>
  treeLeaves(tree as Tensor).map((leaf: Tensor | number) =>
    typeof leaf === 'number' ? [leaf] : [...leaf.dataSync()],
  );
const free = (...results: (FitResult<Params> | undefined)[]): void => {
  for (const result of results) disposeTree([result?.params, result?.average, result?.optimizerState]);
};
const code = async (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => 'done',
    (error: unknown) => (error as { code?: unknown }).code ?? error,
  );

describe('trains', () => {
  test('the loss of a regression falls, every step is reported, nothing leaks', async () => {
    await expectNoLeak(async () => {
      const params = fresh();
      const before = values(params);
      const events: FitEvent[] = [];
      const result = await fit({
        ...problem(params),
        optimizer,
        steps: 120,
        onStep: (event) => events.push(event),
      });
      const mean = (from: number[]): number => from.reduce((sum, each) => sum + each, 0) / from.length;
      expect(mean(result.losses.slice(-20))).toBeLessThan(0.3 * mean(result.losses.slice(0, 5)));
      expect(events.map(({ step }) => step)).toEqual(Array.from({ length: 120 }, (_, i) => i + 1));
      expect(events.map((event) => event.loss)).toEqual(result.losses);
      expect(
        events.every(
          ({ steps, stepsPerSecond, secondsLeft }) => steps === 120 && stepsPerSecond > 0 && secondsLeft >= 0,
        ),
      ).toBe(true);
      expect(events.at(-1)!.secondsLeft).toBe(0);
      expect(result).toMatchObject({ steps: 120, resumedFrom: 0, warnings: [], evaluations: [] });
      expect(values(params)).toEqual(before);
      free(result);
      disposeTree(params);
    });
  });

  test('one step is the gradient step: closed form', async () => {
    // loss (w - 3)^2 at w = 1: slope -4, so w = 1 + 0.1 * 4.
    const params = { w: tf.scalar(1) };
    const result = await fit({
      params,
      optimizer: sgd({ learningRate: 0.1 }),
      loss: ({ w }: typeof params) => tf.square(tf.sub(w, 3)),
      batches: () => undefined,
      steps: 1,
      key: key(0),
    });
    expect(result.losses).toEqual([4]);
    expect(result.params.w.dataSync()[0]).toBeCloseTo(1.4, 6);
    disposeTree([params, result.params, result.optimizerState]);
  });

  test('each step sees the keys of its number, and its loss is at the parameters before it', async () => {
    const params = fresh();
    const seen: [number, Key][] = [];
    const result = await fit({
      ...problem(params),
      optimizer,
      steps: 3,
      batches: (step, at) => {
        seen.push([step, at]);
        return batches(step, at);
      },
    });
    const expected = [0, 1, 2].map((step) => split(foldIn(key(7), step), 3) as [Key, Key, Key]);
    expect(seen).toEqual(expected.map(([batch], step) => [step, batch]));
    const first = tf.tidy(() => loss(params, batches(0, expected[0]![0]), expected[0]![1]));
    expect(result.losses[0]).toBe(first.dataSync()[0]);
    free(result);
    disposeTree([params, first]);
  });

  test('no steps: a copy of the parameters', async () => {
    await expectNoLeak(async () => {
      const params = fresh();
      const result = await fit({ ...problem(params), optimizer, steps: 0 });
      const before = values(params);
      disposeTree(params);
      expect(values(result.params)).toEqual(before);
      free(result);
    });
  });

  test('the average is that of the steps', async () => {
    const params = fresh();
    const settings = { decay: 0.9 };
    const result = await fit({ ...problem(params), optimizer, steps: 4, ema: settings });
    const step = trainStep({ loss, optimizer, ema: ema(settings) });
    let state = { params, optimizer: optimizer.init(params), average: ema(settings).init(params) as any };
    for (let n = 0; n < 4; n++) {
      const [batchKey, lossKey] = split(foldIn(key(7), n), 3) as [Key, Key, Key];
      state = step(state, batches(n, batchKey), lossKey).state;
    }
    expect(values(result.average)).toEqual(values(state.average.average));
    expect(values(result.average)).not.toEqual(values(result.params));
    free(result);
  });

  test('evaluates when asked and at the end', async () => {
    await expectNoLeak(async () => {
      const params = fresh();
      const events: FitEvent[] = [];
      const result = await fit({
        ...problem(params),
        optimizer,
        steps: 5,
        ema: {},
        evaluateEvery: 2,
        evaluate: (now, { step, average, key: at }) => ({
          step,
          // Makes tensors and frees none: a synchronous evaluation need not.
          norm: tf.norm(now.hidden).dataSync()[0]! + tf.norm(average!.hidden).dataSync()[0]!,
          draw: at[0],
        }),
        onStep: (event) => events.push(event),
      });
      expect(result.evaluations.map(({ step, metrics }) => [step, metrics.step])).toEqual([
        [2, 2],
        [4, 4],
        [5, 5],
      ]);
      expect(events.map(({ metrics }) => metrics !== undefined)).toEqual([false, true, false, true, true]);
      expect(new Set(result.evaluations.map(({ metrics }) => metrics.draw)).size).toBe(3);
      free(result);
      disposeTree(params);
    });
  });
});

describe('who owns a batch', () => {
  const run = async (make: (step: number, at: Key) => Batch | Promise<Batch>): Promise<void> => {
    const params = fresh();
    free(await fit({ ...problem(params), optimizer, batches: make, steps: 3 }));
    disposeTree(params);
  };

  test('what batches makes is freed, its intermediate tensors too', () =>
    expectNoLeak(() =>
      run((step, at) => ({ ...batches(step, at), x: tf.mul(tf.ones([16, 3]), tf.scalar(2)) })),
    ));

  test('what was there before stays the caller’s', () =>
    expectNoLeak(async () => {
      const fixed = tf.tidy(() => batches(0, key(3)));
      await run(() => fixed);
      expect(fixed.x.isDisposed || fixed.y.isDisposed).toBe(false);
      disposeTree(fixed);
    }));

  test('an asynchronous batch may hold tensors across its awaits', () =>
    expectNoLeak(() =>
      run(async (step, at) => {
        const batch = tf.tidy(() => batches(step, at));
        await new Promise((resolve) => setTimeout(resolve, 1));
        return batch;
      }),
    ));

  test('an average that refuses its settings leaves no state behind', async () => {
    const params = fresh();
    await expectNoLeak(async () => {
      await expect(
        fit({ ...problem(params), optimizer, batches, steps: 3, ema: { decay: 1 } }),
      ).rejects.toThrow(/decay/);
    });
    disposeTree(params);
  });

  test('a throw anywhere frees all', async () => {
    const fails = (): never => {
      tf.ones([3]);
      throw new Error('broken');
    };
    const params = fresh();
    for (const broken of [
      { loss: fails },
      { batches: (step: number, at: Key) => (step === 2 ? fails() : batches(step, at)) },
      {
        onStep: () => {
          throw new Error('broken');
        },
      },
      { evaluate: fails },
      { optimizer: { init: () => ({}), update: fails } },
    ])
      await expectNoLeak(async () => {
        await expect(
          fit<Params, Batch>({ ...problem(params), optimizer, steps: 4, ...broken }),
        ).rejects.toThrow('broken');
      });
    disposeTree(params);
  });
});

describe('stops', () => {
  test.each([0, 1, 2, 7])('an abort after %i steps says so, saves and frees everything', async (after) => {
    await expectNoLeak(async () => {
      const params = fresh();
      const store = memoryCheckpoints();
      const controller = new AbortController();
      if (after === 0) controller.abort();
      const run = fit({
        ...problem(params),
        optimizer,
        steps: 8,
        checkpoint: store,
        signal: controller.signal,
        onStep: ({ step }) => {
          if (step === after) controller.abort();
        },
      });
      await expect(run).rejects.toMatchObject({ code: 'aborted' });
      expect((await store.load())?.step).toBe(after === 0 ? undefined : after);
      disposeTree(params);
    });
  });

  test('timers get their turn: an abort by the clock arrives', async () => {
    const params = fresh();
    const run = fit({ ...problem(params), optimizer, steps: 1e9, signal: AbortSignal.timeout(150) });
    expect(await code(run)).toBe('aborted');
    disposeTree(params);
  });

  test('a loss that is not a number names its step and leaves the checkpoints alone', async () => {
    await expectNoLeak(async () => {
      const params = fresh();
      const store = memoryCheckpoints();
      const poisoned = (p: Params, batch: Batch & { bad: boolean }, at: Key): Tensor =>
        batch.bad ? tf.mul(loss(p, batch, at), Number.NaN) : loss(p, batch, at);
      const run = fit({
        ...problem(params),
        loss: poisoned,
        batches: (step, at) => ({ ...batches(step, at), bad: step === 5 }),
        optimizer,
        steps: 10,
        checkpoint: store,
        checkpointEvery: 2,
      });
      await expect(run).rejects.toThrow(/loss of step 6 is NaN.*checkpoint of step 4 is intact/);
      const checkpoint = await store.load();
      expect(checkpoint?.step).toBe(4);
      // What was kept is what four steps give.
      const four = await fit({ ...problem(params), optimizer, steps: 4 });
      const hidden = (checkpoint!.trees.params as any).hidden.data;
      expect([...hidden]).toEqual(values(four.params)[0]);
      free(four);
      disposeTree(params);
    });
  });

  test('parameters that are not finite are not saved', async () => {
    await expectNoLeak(async () => {
      const store = memoryCheckpoints();
      const params = { w: tf.scalar(1) };
      const run = fit({
        params,
        optimizer: sgd({ learningRate: 1e38 }),
        // Finite loss, but the step overflows.
        loss: ({ w }: typeof params) => tf.mul(w, 1e30),
        batches: () => undefined,
        steps: 1,
        key: key(0),
        checkpoint: store,
      });
      await expect(run).rejects.toThrow(/not finite after step 1.*params.w/);
      expect(await store.load()).toBeUndefined();
      disposeTree(params);
    });
  });

  test.each<[RegExp, object]>([
    [/steps must be a whole number from 0.*-1/, { steps: -1 }],
    [/argument: steps; received: 1.5/, { steps: 1.5 }],
    [/checkpointEvery/, { checkpointEvery: 0 }],
    [/evaluateEvery/, { evaluateEvery: 0.5 }],
    [/key is required/, { key: undefined }],
  ])('refuses %s', async (message, wrong) => {
    const before = liveTensors();
    const params = { w: tf.scalar(1) };
    const options = { ...problem(params as never), params, optimizer, steps: 1, ...wrong };
    await expect(fit(options as never)).rejects.toThrow(message);
    disposeTree(params);
    expect(liveTensors()).toBe(before);
  });
});

describe('resumes', () => {
  const run = (params: Params, steps: number, checkpoint?: CheckpointStore) =>
    fit({
      ...problem(params),
      optimizer,
      steps,
      checkpoint,
      checkpointEvery: 3,
      ema: { decay: 0.99 },
      evaluateEvery: 4,
      evaluate: (now, { step }) => ({
        norm: tf.norm(now.output).dataSync()[0]!,
        odd: step === 4 ? Number.NaN : Infinity,
      }),
    });

  test('with the weights, state, average and history of an uninterrupted run, bit for bit', async () => {
    await expectNoLeak(async () => {
      const params = fresh();
      const whole = await run(params, 12);
      const store = memoryCheckpoints();
      free(await run(params, 5, store));
      const resumed = await run(params, 12, store);
      expect(resumed.resumedFrom).toBe(5);
      expect(values([resumed.params, resumed.average, resumed.optimizerState])).toEqual(
        values([whole.params, whole.average, whole.optimizerState]),
      );
      expect(resumed.losses).toEqual(whole.losses);
      expect(resumed.evaluations.filter(({ step }) => step !== 5)).toEqual(whole.evaluations);
      // Called again, it is done.
      const again = await run(params, 12, store);
      expect(again.resumedFrom).toBe(12);
      expect(values(again.params)).toEqual(values(whole.params));
      free(whole, resumed, again);
      disposeTree(params);
    });
  });

  test('refuses the checkpoint of another run', async () => {
    await expectNoLeak(async () => {
      const params = fresh();
      const store = memoryCheckpoints();
      free(await run(params, 3, store));
      const options = { ...problem(params), optimizer, steps: 5, checkpoint: store, ema: {} };
      await expect(fit({ ...options, key: key(8) })).rejects.toThrow(/another run.*\[0,8\].*\[0,7\]/);
      await expect(fit({ ...options, steps: 2 })).rejects.toThrow(/past the steps.*at least 3.*received: 2/);
      await expect(fit({ ...options, ema: undefined })).rejects.toThrow(/names are not those.*average/);
      await expect(fit({ ...options, optimizer: sgd({ learningRate: 1 }) })).rejects.toThrow(
        /names are not those/,
      );
      const wider = { hidden: tf.zeros([3, 9]), output: tf.zeros([9, 1]) };
      await expect(fit({ ...options, params: wider })).rejects.toThrow(/loadTree.*hidden.*\[3,9\].*\[3,8\]/);
      disposeTree([params, wider]);
    });
  });
});
