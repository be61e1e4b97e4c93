import { engine, tf } from '@lab/tensor-core';
import { describe, expect, test } from 'vitest';
import { cases, type OpCase } from '../support/cases';
import { distance, distances, forward, gradients, numericGradients, numericSecondOrder, secondOrder } from '../support/check';

// Both engines compute in float32; differences of sums of a hundred terms stay below this.
const sameEngine = 2e-5;
// Fourth-order differences with step 1/64 of float32 outputs: rounding over the step dominates.
const numeric = 1e-3;

/** Results of the reference engine, taken first: switching engines moves tensors, so each is visited once. */
interface Reference {
  readonly forward?: Float32Array;
  readonly gradients?: Float32Array[];
}
const references = new Map<OpCase, Reference>();
await engine({ prefer: 'cpu' });
for (const each of cases) {
  if (each.cpuLacks === 'forward') continue;
  references.set(each, {
    forward: forward(each),
    ...(each.cpuLacks === 'gradient' ? {} : { gradients: gradients(each) }),
  });
}
await engine({ prefer: 'wasm' });

const name = ({ op, shapes }: OpCase): string => `${op} ${shapes.map((shape) => `[${String(shape)}]`).join(' ')}`;

describe.each(cases.map((each, i) => [`${String(i)} ${name(each)}`, each] as const))('%s', (_, each) => {
  const reference = references.get(each);

  test('values equal those of the cpu engine', () => {
    if (reference?.forward === undefined) return;
    expect(distance(forward(each), reference.forward)).toBeLessThan(sameEngine);
  });

  test('gradient equals float64 differences, and that of the cpu engine; nothing leaks', () => {
    const before = tf.memory();
    const found = gradients(each);
    expect(tf.memory()).toMatchObject({ numTensors: before.numTensors, numDataBuffers: before.numDataBuffers });
    expect(distances(found, numericGradients(each))).toBeLessThan(numeric);
    if (reference?.gradients !== undefined)
      expect(distances(found, reference.gradients)).toBeLessThan(sameEngine);
  });

  test.runIf(each.firstOnly === undefined)('second derivative equals differences of the gradient', () => {
    const before = tf.memory();
    const found = secondOrder(each);
    expect(tf.memory()).toMatchObject({ numTensors: before.numTensors, numDataBuffers: before.numDataBuffers });
    expect(distances(found, numericSecondOrder(each))).toBeLessThan(numeric);
  });
});
