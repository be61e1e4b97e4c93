import {
  adam,
  adamw,
  chain,
  clipByGlobalNorm,
  cosineDecay,
  disposeTree,
  engine,
  fit,
  lion,
  memoryCheckpoints,
  scaleBySchedule,
  sgd,
  tf,
  trainer,
  treeFlatten,
  treeLeaves,
  warmup,
  type FitResult,
  type GradientTransformation,
  type Tensor,
} from '@lab/tensor-core';
import { foldIn, key } from '@lab/tensor-core/random';
import { expectNoLeak } from '@lab/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { tasks } from '../compile/networks';
import { missing } from '../compile/support';
import { distance } from '../support/check';
import { batches, fresh, loss, problem, type Params } from './problem';

await engine({ prefer: 'wasm' });
const numbers = (tree: unknown): [string, number[]][] =>
  treeFlatten<Tensor | number | undefined>(tree as Tensor).flatMap(([path, leaf]) =>
    leaf === undefined ? [] : [[path, typeof leaf === 'number' ? [leaf] : [...leaf.dataSync()]]],
  );
const free = (result: FitResult<Params>): void =>
  disposeTree([result.params, result.average, result.optimizerState]);

/** How the steps of an optimiser differ between engines by rounding; a sign turns rounding into a whole step. */
const tolerance = (name: string): number => (name === 'lion' ? 5e-3 : 1e-4);

const optimizers: Record<string, GradientTransformation> = {
  adam: adam({ learningRate: 0.01 }),
  'clipped adamw on a schedule': chain(
    clipByGlobalNorm(0.5),
    adamw({ learningRate: warmup(cosineDecay({ from: 0.02, steps: 20 }), { steps: 4 }), decay: /weight$/ }),
  ),
  lion: lion({ learningRate: 1e-3, weightDecay: 0.1 }),
  'sgd with momentum, scaled': chain(
    scaleBySchedule((step) => 1 / (1 + step)),
    sgd({ learningRate: 0.05, momentum: 0.9 }),
  ),
};

describe.skipIf(missing !== undefined)('compiled training', () => {
  describe.each(tasks)('$name', (task) => {
    test.each(Object.entries(optimizers))(
      '10 steps of %s equal those of the eager engine',
      async (name, optimizer) => {
        await expectNoLeak(async () => {
          const params = task.params(key(0));
          const ended = [];
          for (const engineName of ['eager', 'compiled'] as const) {
            const run = await trainer<unknown, unknown>({
              params,
              optimizer,
              loss: task.loss as never,
              ema: { decay: 0.9 },
              engine: engineName,
            });
            expect(run.engine).toBe(engineName);
            const losses: number[] = [];
            for (let i = 0; i < 10; i++) {
              const batch = task.batch(foldIn(key(1), i));
              losses.push(await run.step(batch, foldIn(key(2), i)));
              disposeTree(batch);
            }
            const state = run.state();
            ended.push({ losses, state: numbers(state) });
            disposeTree(state);
            run.dispose();
          }
          disposeTree(params);
          const [eager, compiled] = ended as [(typeof ended)[0], (typeof ended)[0]];
          expect(distance(compiled.losses, eager.losses)).toBeLessThan(tolerance(name) / 10);
          expect(compiled.state.map(([path]) => path)).toEqual(eager.state.map(([path]) => path));
          for (const [i, [path, values]] of eager.state.entries()) {
            // A key bias has no true gradient: what rounding leaves of one is scaled up by the optimiser.
            if (path.includes('key.bias')) continue;
            expect(distance(compiled.state[i]![1], values), path).toBeLessThan(tolerance(name));
          }
        });
      },
    );
  });

  test('undo puts back the state before a step, counts and all', async () => {
    for (const name of ['eager', 'compiled'] as const) {
      const params = fresh();
      const run = await trainer({ params, loss, optimizer: adam(), engine: name });
      const batch = batches(0, key(3));
      await run.step(batch, key(4));
      const before = numbers(run.state());
      await run.step(batch, key(5));
      run.undo();
      expect(numbers(run.state())).toEqual(before);
      expect(() => run.undo()).toThrow(/no step to be undone/);
      run.dispose();
    }
  });

  describe('fit', () => {
    const settings = {
      optimizer: optimizers['clipped adamw on a schedule']!,
      steps: 60,
      ema: { decay: 0.9 },
    };

    test('compiles on its own, and ends where the eager engine does', async () => {
      await expectNoLeak(async () => {
        const params = fresh();
        const auto = await fit({ ...problem(params), ...settings });
        const eager = await fit({ ...problem(params), ...settings, engine: 'eager' });
        expect([auto.engine, eager.engine, auto.warnings]).toEqual(['compiled', 'eager', []]);
        expect(distance(auto.losses, eager.losses)).toBeLessThan(1e-4);
        free(auto);
        free(eager);
        disposeTree(params);
      });
    });

    test('engine() says how all that is not told otherwise runs, and on how many threads', async () => {
      const run = async (): Promise<string> => {
        const result = await fit({ ...problem(fresh()), ...settings });
        free(result);
        return result.engine;
      };
      expect((await engine({ execution: 'eager' })).execution).toBe('eager');
      expect(await run()).toBe('eager');
      const { execution, compiled } = await engine({ execution: 'compiled', threads: 1 });
      expect([execution, compiled]).toEqual(['compiled', expect.objectContaining({ threads: 1 })]);
      expect(await run()).toBe('compiled');
      await engine({ execution: 'auto' });
      await expect(engine({ execution: 'fast' as never })).rejects.toThrow(/auto \| eager \| compiled/);
      expect(await run()).toBe('compiled');
    });

    test('short runs are not worth compiling', async () => {
      const result = await fit({ ...problem(fresh()), ...settings, steps: 10 });
      expect(result.engine).toBe('eager');
      free(result);
    });

    test.each([
      ['eager', 'compiled'],
      ['compiled', 'eager'],
    ] as const)('a checkpoint of %s is gone on from by %s', async (first, second) => {
      const params = fresh();
      const store = memoryCheckpoints();
      const stop = new AbortController();
      await fit({
        ...problem(params),
        ...settings,
        engine: first,
        checkpoint: store,
        signal: stop.signal,
        onStep: ({ step }) => step === 25 && stop.abort(),
      }).catch(() => undefined);
      const resumed = await fit({ ...problem(params), ...settings, engine: second, checkpoint: store });
      const whole = await fit({ ...problem(params), ...settings, engine: first });
      expect([resumed.resumedFrom, resumed.engine]).toEqual([25, second]);
      expect(resumed.losses.slice(0, 25)).toEqual(whole.losses.slice(0, 25));
      expect(distance(resumed.losses, whole.losses)).toBeLessThan(1e-4);
      for (const [i, [, values]] of numbers(whole.params).entries())
        expect(distance(numbers(resumed.params)[i]![1], values)).toBeLessThan(1e-4);
      free(resumed);
      free(whole);
    });

    test('a compiled run that was stopped ends with the same bits', async () => {
      const params = fresh();
      const store = memoryCheckpoints();
      const stop = new AbortController();
      const run = { ...problem(params), ...settings, engine: 'compiled' as const };
      await fit({
        ...run,
        checkpoint: store,
        signal: stop.signal,
        onStep: ({ step }) => step === 17 && stop.abort(),
      }).catch(() => undefined);
      const resumed = await fit({ ...run, checkpoint: store });
      const whole = await fit(run);
      expect(resumed.resumedFrom).toBe(17);
      expect([resumed.losses, numbers(resumed.params), numbers(resumed.average)]).toEqual([
        whole.losses,
        numbers(whole.params),
        numbers(whole.average),
      ]);
      free(resumed);
      free(whole);
    });

    test('a step to infinity leaves the checkpoint before it', async () => {
      const store = memoryCheckpoints();
      const params = { w: tf.scalar(1) };
      const run = fit({
        params,
        optimizer: sgd({ learningRate: 1 }),
        loss: ({ w }: typeof params, { x }: { x: Tensor }) => tf.mul(w, x),
        batches: (step) => ({ x: tf.scalar(step === 30 ? Infinity : 1) }),
        steps: 60,
        key: key(0),
        checkpoint: store,
        checkpointEvery: 10,
        engine: 'compiled',
      });
      await expect(run).rejects.toThrow(/loss of step 31 is -?Infinity.*step 30 is intact/);
      expect((await store.load())!.step).toBe(30);
    });

    test('timers fire while it trains', async () => {
      let [fired, firedDuring] = [0, 0];
      const timer = setInterval(() => fired++, 50);
      const params = fresh();
      const until = performance.now() + 400;
      const stop = new AbortController();
      await fit({
        ...problem(params),
        ...settings,
        steps: 1e6,
        engine: 'compiled',
        signal: stop.signal,
        onStep() {
          firedDuring = fired;
          if (performance.now() > until) stop.abort();
        },
      }).catch(() => undefined);
      clearInterval(timer);
      expect(firedDuring).toBeGreaterThanOrEqual(3);
    });
  });

  describe('where it cannot be compiled', () => {
    afterEach(() => vi.restoreAllMocks());
    const reading = (
      params: Params,
      batch: ReturnType<typeof batches>,
      at: readonly [number, number],
    ): Tensor => {
      if (params.hidden.dataSync().some(Number.isNaN)) throw new Error('NaN');
      return loss(params, batch, at);
    };

    test('auto goes on eagerly, with one notice that says why', async () => {
      await expectNoLeak(async () => {
        const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
        const params = fresh();
        const run = { ...problem(params), loss: reading, optimizer: adam(), steps: 60 };
        const results = [await fit(run), await fit(run)];
        expect(results.map((result) => result.engine)).toEqual(['eager', 'eager']);
        expect(results[0]!.warnings[0]).toMatch(/eagerly.*reads the values.*compiled\.test\.ts/);
        expect(warned).toHaveBeenCalledTimes(1);
        const plain = await fit({ ...run, engine: 'eager' });
        expect(results[0]!.losses).toEqual(plain.losses);
        [...results, plain].forEach(free);
        disposeTree(params);
      });
    });

    test('a batch with a number that changes is noticed, and trained on eagerly from where it was', async () => {
      vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      const params = { w: tf.scalar(0) };
      const result = await fit({
        params,
        optimizer: sgd({ learningRate: 1 }),
        loss: ({ w }: typeof params, { step }: { step: number }) => tf.mul(w, step),
        batches: (step) => ({ step }),
        steps: 60,
        key: key(0),
      });
      // w = -(0 + 1 + ... + 59)
      expect([result.engine, result.params.w.dataSync()[0]]).toEqual(['eager', -1770]);
      expect(result.warnings[0]).toMatch(/tf\.scalar|tensors/);
    });

    test('a batch with an array of the host is trained on eagerly', async () => {
      vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      const params = { w: tf.scalar(0) };
      const result = await fit({
        params,
        optimizer: sgd({ learningRate: 1 }),
        loss: ({ w }: typeof params, { x }: { x: Float32Array }) => tf.mul(w, tf.sum(tf.tensor1d(x))),
        batches: (step) => ({ x: Float32Array.of(step, 1) }),
        steps: 60,
        key: key(0),
      });
      // w = -(1770 + 60)
      expect([result.engine, result.params.w.dataSync()[0]]).toEqual(['eager', -1830]);
      expect(result.warnings[0]).toMatch(/array of the host/);
    });

    test('compiled refuses', async () => {
      const params = fresh();
      const run = { ...problem(params), loss: reading, optimizer: adam(), steps: 60 };
      await expect(fit({ ...run, engine: 'compiled' })).rejects.toMatchObject({ code: 'unsupported' });
      await expect(fit({ ...run, engine: 'fast' as never })).rejects.toThrow(/auto \| eager \| compiled/);
    });

    test('an optimiser that counts and does not say what follows from it', async () => {
      const own: GradientTransformation = {
        init: () => ({ count: 0 }),
        update: (grads, state) => ({
          updates: grads,
          state: { count: (state as { count: number }).count + 1 },
        }),
      };
      await expect(
        fit({ ...problem(fresh()), optimizer: own, steps: 60, engine: 'compiled' }),
      ).rejects.toThrow(/has no `numbers`/);
      expect(treeLeaves(own.init({}))).toEqual([0]);
    });
  });
});

describe.skipIf(missing !== undefined)('what is put around a step', () => {
  // A shift that the batch brings along, and a parameter that stays: the plain step at shifted parameters.
  test.each(['eager', 'compiled'] as const)(
    'acts in %s training, and leaves nothing behind',
    async (engineName) => {
      await expectNoLeak(async () => {
        const params = { moves: tf.tensor1d([1, 2]), stays: tf.tensor1d([5]) };
        const shift = tf.tensor1d([10, 20]);
        type Own = typeof params;
        const training = await trainer<Own, { readonly shift: Tensor }>({
          params,
          optimizer: sgd({ learningRate: 0.1 }),
          loss: ({ moves, stays }) => tf.add(tf.sum(tf.square(moves)), tf.sum(tf.square(stays))),
          engine: engineName,
          around: (step) => (state, batch, at, scalars) => {
            const moved = { ...state.params, moves: tf.add<Own['moves']>(state.params.moves, batch.shift) };
            const { state: next, loss: value } = step({ ...state, params: moved }, batch, at, scalars);
            return { state: { ...next, params: { ...next.params, stays: state.params.stays } }, loss: value };
          },
        });
        const value = await training.step({ shift }, key(0));
        const { params: found, optimizer } = training.state();
        // (1 + 10)^2 + (2 + 20)^2 + 5^2, then p - 0.2 p.
        expect(value).toBeCloseTo(630, 3);
        expect([...found.moves.dataSync()].map((each) => Math.round(each * 1e4) / 1e4)).toEqual([8.8, 17.6]);
        expect([...found.stays.dataSync()]).toEqual([5]);
        training.dispose();
        disposeTree([params, shift, found, optimizer]);
      });
    },
  );
});
