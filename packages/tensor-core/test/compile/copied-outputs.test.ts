import { isLabError } from '@lab/tensor-core';
import { describe, expect, test } from 'vitest';
import { createGraph, sizeOf } from '../../src/compile/graph/graph';
import type { OrtTensor } from '../../src/compile/runtime/binding';
import { createSession, type Session } from '../../src/compile/runtime/session';
import { missing } from './support';

/** Rows of a table by their number, one output alone and one of a single entry. */
function rowsOf(table: Float32Array, count: number, width: number): Session {
  const g = createGraph();
  const ids = g.input('ids', { shape: [count], dtype: 'int32' });
  const constant = g.constant(table, { shape: [table.length / width, width], dtype: 'float32' });
  const rows = g.op('Gather', [constant, ids], { shape: [count, width], dtype: 'float32' });
  const one = g.op('ReduceMax', [rows], { shape: [1, 1], dtype: 'float32' });
  return createSession(
    {
      name: 'rows',
      inputs: [{ name: 'ids', value: ids }],
      outputs: [
        { name: 'rows', value: rows },
        { name: 'largest', value: one },
      ],
    },
    { threads: 1 },
  );
}

interface Run {
  readonly rows: Float32Array;
  readonly largest: Float32Array;
  readonly run: (ids: ArrayLike<number>) => void;
}

function runOf(session: Session): Run {
  const [rowsValue, oneValue] = session.outputs.map(({ value }) => value);
  const [rows, largest] = [new Float32Array(sizeOf(rowsValue!)), new Float32Array(1)];
  const fetches: Record<string, OrtTensor> = {
    rows: session.tensor(rowsValue!, rows),
    largest: session.tensor(oneValue!, largest),
  };
  return {
    rows,
    largest,
    run: (ids) =>
      session.run({ ids: session.tensor(session.inputs[0]!.value, Int32Array.from(ids)) }, fetches),
  };
}

describe.skipIf(missing !== undefined)('outputs of the runtime', () => {
  test.each([4, 1 << 18])('%d rows: what is computed is in the memory it was given', (count) => {
    const width = 4;
    const table = Float32Array.from({ length: 5 * width }, (_, i) => i);
    const session = rowsOf(table, count, width);
    const { rows, largest, run } = runOf(session);
    for (const first of [0, 1]) {
      const ids = Array.from({ length: count }, (_, i) => (first + i) % 4);
      run(ids);
      expect(rows.subarray(0, 2 * width)).toEqual(table.slice(first * width, (first + 2) * width));
      expect(rows.subarray(-width)).toEqual(table.slice(ids.at(-1)! * width, (ids.at(-1)! + 1) * width));
      expect(largest[0]).toBe(15);
    }
    session.dispose();
  });

  test('large ones are not copied', () => {
    const count = 1 << 20;
    const session = rowsOf(Float32Array.from([1, 2, 3, 4]), count, 4);
    const { rows, run } = runOf(session);
    const ids = new Int32Array(count);
    const before = process.memoryUsage().arrayBuffers;
    run(ids);
    // Only the numbers of the rows are new.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(rows.byteLength / 2);
    session.dispose();
  });

  test.each([4, 1 << 18])('%d rows: a run that fails says so, and the next one is right', (count) => {
    const session = rowsOf(Float32Array.from([1, 2, 3, 4, 5, 6]), count, 2);
    const { rows, largest, run } = runOf(session);
    let caught: unknown;
    try {
      run(new Int32Array(count).fill(7));
    } catch (error) {
      caught = error;
    }
    expect(isLabError(caught) && caught.code).toBe('numeric');
    expect((caught as Error).message).toContain('out of');
    run(new Int32Array(count).fill(2));
    expect([...rows.subarray(-2), largest[0]]).toEqual([5, 6, 6]);
    session.dispose();
  });
});
