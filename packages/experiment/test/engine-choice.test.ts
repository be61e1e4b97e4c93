import { expect, test } from 'vitest';
import { engineChoices, engineOptions } from '../src/index';

test('a choice is how functions run, or what computes', () => {
  expect(engineChoices.map((choice) => engineOptions(choice))).toEqual([
    { execution: 'auto' },
    { execution: 'eager' },
    { execution: 'compiled' },
    { prefer: 'wasm' },
    { prefer: 'cpu' },
    { prefer: 'node' },
    { prefer: 'node-gpu' },
  ]);
  expect(engineOptions('eager', 2)).toEqual({ execution: 'eager', threads: 2 });
  expect(engineOptions(undefined)).toEqual({});
});
