import { engine, grad, hvp, tf } from '@lab/tensor-core';
import { describe, expect, test } from 'vitest';
import { cases, type OpCase } from '../../support/cases';
import {
  distance,
  distances,
  forward,
  gradients,
  inputsOf,
  objective,
  secondOrder,
  spread,
} from '../../support/check';
import { compiled, missing, type Job, type Numbers } from '../support';

// As between the eager engines: float32 sums of a hundred terms stay below this.
const tolerance = 2e-5;

interface Found {
  readonly values: Numbers;
  readonly gradients: readonly Numbers[];
  readonly second: readonly Numbers[];
}

const attempt = <T>(body: () => T): T | undefined => {
  try {
    return body();
  } catch {
    return undefined;
  }
};

// The reference engine goes first: switching engines moves tensors, so each is visited once.
await engine({ prefer: 'cpu' });
const onCpu = cases.map((each) => ({
  values: attempt(() => forward(each)),
  gradients: attempt(() => gradients(each)),
}));
await engine({ prefer: 'wasm' });
const references = cases.map((each, i) => ({
  values: each.cpuLacks === 'forward' ? forward(each) : onCpu[i]!.values!,
  gradients: each.cpuLacks === undefined ? onCpu[i]!.gradients! : gradients(each),
  second: each.firstOnly === undefined ? secondOrder(each) : [],
}));

function job(each: OpCase): Job {
  const values = inputsOf(each);
  const weights = spread(references[cases.indexOf(each)]!.values.length, 5, [-1, 1]);
  const along = values.map((own, i) => spread(own.length, i + 7, [-1, 1]));
  return {
    inputs: [...values, ...along].map((own, i) => ({ values: own, shape: each.shapes[i % values.length]! })),
    run(...inputs) {
      const [xs, directions] = [inputs.slice(0, values.length), inputs.slice(values.length)];
      const loss = objective(each, weights);
      return [
        tf.cast(each.run(...xs), 'float32'),
        ...grad(loss)(xs),
        ...(each.firstOnly === undefined ? hvp(loss)(xs, directions) : []),
      ];
    },
  };
}

function inParts([values, ...rest]: Numbers[], count: number): Found {
  return { values: values!, gradients: rest.slice(0, count), second: rest.slice(count) };
}

/** All cases of a chunk in one graph; a case that cannot be traced is found by tracing each alone. */
function computed(chunk: readonly OpCase[]): (Found | Error)[] {
  try {
    return compiled(chunk.map(job)).map((found, i) => inParts(found, chunk[i]!.shapes.length));
  } catch {
    return chunk.map((each) => {
      try {
        return inParts(compiled([job(each)])[0]!, each.shapes.length);
      } catch (error) {
        return error as Error;
      }
    });
  }
}

const chunkSize = 40;
const found: (Found | Error)[] = missing === undefined ? cases.flatMap((_, i) => (i % chunkSize === 0 ? computed(cases.slice(i, i + chunkSize)) : [])) : []; // prettier-ignore

const name = ({ op, shapes }: OpCase): string =>
  `${op} ${shapes.map((shape) => `[${String(shape)}]`).join(' ')}`;

describe.skipIf(missing !== undefined)('compiled equals eager', () => {
  test.each(cases.map((each, i) => [`${String(i)} ${name(each)}`, each, i] as const))('%s', (_, each, i) => {
    const result = found[i];
    if (result === undefined || result instanceof Error) throw result ?? new Error('nothing was computed');
    const { values, gradients: first, second } = references[i]!;
    expect(distance(result.values, values)).toBeLessThan(tolerance);
    expect(distances(result.gradients, first)).toBeLessThan(tolerance);
    if (each.firstOnly === undefined) expect(distances(result.second, second)).toBeLessThan(tolerance);
    expect(result.second).toHaveLength(each.firstOnly === undefined ? first.length : 0);
  });
});
