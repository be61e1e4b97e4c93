import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readParquetTable } from '../src';

const golden = JSON.parse(readFileSync(new URL('./golden/parquet.json', import.meta.url), 'utf8')) as {
  files: Record<string, string>;
  gap: string;
  rows: number[][];
};
const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'));

test.each(Object.entries(golden.files))('numbers and embeddings that pyarrow wrote (%s)', async (_, file) => {
  const { columns, values } = await readParquetTable(bytesOf(file));
  expect(columns).toEqual(['whole', 'small', 'real', 'embedding.0', 'embedding.1']);
  expect(values.shape).toEqual([3, 5]);
  expect([...values.data]).toEqual(golden.rows.flat());
  const some = await readParquetTable(bytesOf(file), { columns: ['real'] });
  expect([...some.values.data]).toEqual([0.5, -1.25, 1e-3]);
});

test('names the column and row that is no number, and refuses other files', async () => {
  await expect(readParquetTable(bytesOf(golden.gap))).rejects.toThrow(/column 'name', row 0/);
  await expect(readParquetTable(bytesOf(golden.gap), { columns: ['real'] })).rejects.toThrow(
    /column 'real', row 0/,
  );
  await expect(readParquetTable(new Uint8Array(20))).rejects.toMatchObject({ code: 'format' });
});
