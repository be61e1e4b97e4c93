import { expect, test } from 'vitest';
import { compareNumbers } from '../allclose';
import { expectNoLeak, liveTensors } from '../leaks';
import { flatNumbers } from '../values';
import { isApplicable, type Key, type MethodCase, type NotApplicable } from './method-case';
import { disposeInput, labErrorCode, snapshot } from './inputs';

const keyA: Key = [0, 0];
const keyB: Key = [0, 1];

/** Registers the contract of one method: what every method of the project holds, whatever it computes. */
export function methodContract<Input, Output>(method: MethodCase<Input, Output>): void {
  const { name } = method;

  /** Runs on a fresh input and gives the numbers; frees everything. */
  const numbers = async (make: () => Input, key: Key): Promise<number[]> => {
    const input = make();
    try {
      const output = await method.run(input, idle(key));
      const found = Array.from(flatNumbers(method.numbers(output)).data);
      method.dispose?.(output);
      return found;
    } finally {
      disposeInput(input);
    }
  };
  const applies = <T>(
    title: string,
    property: T | NotApplicable,
    check: (property: T) => Promise<void>,
  ): void => {
    if (isApplicable(property)) test(`${name}: ${title}`, () => expectNoLeak(() => check(property)));
    else
      test(`${name}: ${title}: not applicable, ${property.notApplicable}`, () => {
        expect(property.notApplicable.length, 'a reason in words').toBeGreaterThan(10);
      });
  };

  applies('deterministic for a key, and finite', true, async () => {
    const first = await numbers(method.input, keyA);
    expect(first.length).toBeGreaterThan(0);
    expect(first.every(Number.isFinite)).toBe(true);
    expect(await numbers(method.input, keyA)).toEqual(first);
    if (method.random) expect(await numbers(method.input, keyB)).not.toEqual(first);
  });

  applies('leaves its inputs as they were', true, async () => {
    const input = method.input();
    const before = snapshot(input);
    const output = await method.run(input, idle(keyA));
    expect(snapshot(input)).toEqual(before);
    method.dispose?.(output);
    disposeInput(input);
  });

  applies('refuses NaN', method.withNaN, async (withNaN) => {
    const input = method.input();
    const spoiled = withNaN(input);
    const code = await outcome(() => method.run(spoiled, idle(keyA)), method.dispose);
    expect(code, 'a LabError').toBeTypeOf('string');
    disposeInput([input, spoiled]);
  });

  applies('an empty input gives an empty result or a LabError', method.empty, async (empty) => {
    const input = empty();
    const code = await outcome(async () => {
      const output = await method.run(input, idle(keyA));
      expect(flatNumbers(method.numbers(output)).data.length).toBe(0);
      return output;
    }, method.dispose);
    expect(code === undefined || typeof code === 'string').toBe(true);
    disposeInput(input);
  });

  applies('takes a single sample', method.single, async (single) => {
    const found = await numbers(single, keyA);
    expect(found.length).toBeGreaterThan(0);
    expect(found.every(Number.isFinite)).toBe(true);
  });

  applies('an abort frees everything and says so', method.abort, async () => {
    for (const after of [0, 1, 2]) {
      const input = method.input();
      const before = liveTensors();
      const code = await outcome(() => method.run(input, aborting(after)), method.dispose);
      expect(code, `aborted after ${after} steps`).toBe('aborted');
      expect(liveTensors(), `tensors after an abort in step ${after}`).toBe(before);
      disposeInput(input);
    }
  });

  applies('survives saving and reading', method.saved, async (saved) => {
    const input = method.input();
    const output = await method.run(input, idle(keyA));
    const found = Array.from(flatNumbers(method.numbers(output)).data);
    const restored = await saved(output);
    expect(Array.from(flatNumbers(method.numbers(restored)).data)).toEqual(found);
    if (restored !== output) method.dispose?.(restored);
    method.dispose?.(output);
    disposeInput(input);
  });

  applies('a batch equals its members one by one', method.batch, async (batch) => {
    const whole = await numbers(method.input, keyA);
    const input = method.input();
    if ('prefixes' in batch) {
      const prefixes = batch.prefixes(input);
      expect(prefixes.length).toBeGreaterThan(0);
      for (const prefix of prefixes) {
        const alone = await numbers(() => prefix, keyA);
        expect(alone.length).toBeLessThan(whole.length);
        const { pass, detail } = compareNumbers(whole.slice(0, alone.length), alone, {
          rtol: batch.rtol ?? 0,
          atol: batch.atol ?? 0,
        });
        expect(pass, detail).toBe(true);
      }
      disposeInput(input);
      return;
    }
    const members = batch.members(input);
    expect(members.length).toBeGreaterThan(1);
    const parts: number[] = [];
    for (const [index, member] of members.entries())
      parts.push(...(await numbers(() => member, batch.memberKey?.(keyA, index) ?? keyA)));
    const { pass, detail } = compareNumbers(whole, parts, { rtol: batch.rtol ?? 0, atol: batch.atol ?? 0 });
    expect(pass, detail).toBe(true);
    disposeInput(input);
  });
}

const idle = (key: Key) => ({ key, signal: new AbortController().signal, onStep: () => undefined });

/** A run that is aborted before it starts (0) or inside its nth step. */
function aborting(after: number) {
  const controller = new AbortController();
  if (after === 0) controller.abort();
  let steps = 0;
  const onStep = (): void => {
    if (++steps === after) controller.abort();
  };
  return { key: keyA, signal: controller.signal, onStep };
}

/** The code of the LabError that `run` ended in, undefined when it succeeded; any other error passes through. */
async function outcome<Output>(
  run: () => Output | Promise<Output>,
  dispose?: (output: Output) => void,
): Promise<string | undefined> {
  try {
    const output = await run();
    dispose?.(output);
    return undefined;
  } catch (error) {
    const code = labErrorCode(error);
    if (code === undefined) throw error;
    return code;
  }
}
