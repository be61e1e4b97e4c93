import { isLabError } from '@lab/tensor-core/errors';
import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { readSeriesTable, writeSeriesTable } from '../../src/cli/series-table';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

test.prop([
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 1, max: 5 }),
  fc.uniqueArray(fc.constantFrom('open', 'a,b', 'say "hi"', 'close'), { minLength: 1 }),
  fc.infiniteStream(finite),
])('what is written is read back bit for bit', (batch, length, channels, stream) => {
  const data = Float64Array.from(
    { length: batch * length * channels.length },
    () => stream.next().value as number,
  );
  const values = { shape: [batch, length, channels.length], data };
  const back = readSeriesTable(writeSeriesTable({ values, channels }), { name: 't' });
  expect(back.channels).toEqual(channels);
  expect(back.values.shape).toEqual(values.shape);
  // CSV has one zero; -0 reads back as it was written, 0.
  expect([...back.values.data]).toEqual([...data].map((each) => each + 0));
});

test('a file without the column series is one series', () => {
  const { values, channels } = readSeriesTable('x,y\n1,2\n3,4\n5,6\n', { name: 't' });
  expect(channels).toEqual(['x', 'y']);
  expect(values).toEqual({ shape: [1, 3, 2], data: Float64Array.of(1, 2, 3, 4, 5, 6) });
});

test('series of different length are refused by number', () => {
  try {
    readSeriesTable('series,step,x\n0,0,1\n0,1,1\n7,0,1\n', { name: 't' });
    expect.unreachable();
  } catch (error) {
    expect(isLabError(error) && error.code).toBe('shape');
    expect(String(error)).toContain('series 7 with 1');
  }
});
