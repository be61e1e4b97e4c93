import { engine, tf } from '@lab/tensor-core';
import { describe, expect, test } from 'vitest';
import { cases, type OpCase } from '../support/cases';
import {
  distance,
  distances,
  forward,
  gradients,
  numericGradients,
  numericSecondOrder,
  secondOrder,
} from '../support/check';
import { supportMatrix, type Support } from '../support/matrix';

// Both engines compute in float32; differences of sums of a hundred terms stay below this.
const sameEngine = 2e-5;
// Fourth-order differences with step 1/64 of float32 outputs: rounding over the step dominates.
const numeric = 1e-3;

const attempt = <T>(body: () => T): T | undefined => {
  try {
    return body();
  } catch {
    return undefined;
  }
};

// The reference engine goes first: switching engines moves tensors, so each is visited once.
await engine({ prefer: 'cpu' });
const references = new Map(
  cases.map((each) => [
    each,
    { values: attempt(() => forward(each)), gradients: attempt(() => gradients(each)) },
  ]),
);
await engine({ prefer: 'wasm' });

/** Largest relative errors on WebAssembly, and of the reference against it. */
function measure(
  each: OpCase,
): Record<'gradient' | 'second' | 'cpuValues' | 'cpuGradient', number | undefined> {
  const reference = references.get(each);
  const found = gradients(each);
  return {
    gradient: distances(found, numericGradients(each)),
    second: each.firstOnly === undefined ? distances(secondOrder(each), numericSecondOrder(each)) : undefined,
    cpuValues: reference?.values && distance(forward(each), reference.values),
    cpuGradient: reference?.gradients && distances(found, reference.gradients),
  };
}
const measured = new Map<OpCase, ReturnType<typeof measure>>();
const name = ({ op, shapes }: OpCase): string =>
  `${op} ${shapes.map((shape) => `[${String(shape)}]`).join(' ')}`;

describe.each(cases.map((each, i) => [`${String(i)} ${name(each)}`, each] as const))('%s', (_, each) => {
  test('gradients equal float64 differences, all equals the cpu engine, nothing leaks', () => {
    const before = tf.memory();
    const errors = measure(each);
    measured.set(each, errors);
    expect(tf.memory()).toMatchObject({
      numTensors: before.numTensors,
      numDataBuffers: before.numDataBuffers,
    });
    expect(errors.gradient).toBeLessThan(numeric);
    if (each.firstOnly === undefined) expect(errors.second).toBeLessThan(numeric);
    // What the reference is said to lack it must really lack, or the exception hides something.
    const [values, gradient] = [errors.cpuValues ?? Infinity, errors.cpuGradient ?? Infinity];
    if (each.cpuLacks === 'forward') expect(values).toBeGreaterThan(sameEngine);
    else expect(values).toBeLessThan(sameEngine);
    if (each.cpuLacks === undefined) expect(gradient).toBeLessThan(sameEngine);
    else expect(gradient).toBeGreaterThan(sameEngine);
  });
});

test('SUPPORT.md is what these checks found (after a change: vitest run -u)', async () => {
  const verdict = (error: number | undefined, limit: number): Support =>
    error === undefined ? 'no' : error < limit ? 'yes' : 'wrong';
  const rows = cases.map((each) => {
    const errors = measured.get(each) ?? measure(each);
    return {
      op: each.op,
      wasm: ['yes', verdict(errors.gradient, numeric), verdict(errors.second, numeric)] as const,
      cpu: [verdict(errors.cpuValues, sameEngine), verdict(errors.cpuGradient, sameEngine)] as const,
    };
  });
  await expect(supportMatrix(rows)).toMatchFileSnapshot('../../SUPPORT.md');
});
