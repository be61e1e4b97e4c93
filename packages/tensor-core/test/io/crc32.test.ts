import { fc, test } from '@fast-check/vitest';
import { crc32 as zlib } from 'node:zlib';
import { expect, it } from 'vitest';
import { crc32 } from '../../src/io/crc32';

it('the check value of the CRC catalogue: "123456789" gives cbf43926', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array(0))).toBe(0);
});

test.prop([fc.uint8Array({ maxLength: 40 })])('equals zlib for every length', (bytes) => {
  expect(crc32(bytes)).toBe(zlib(bytes));
});
