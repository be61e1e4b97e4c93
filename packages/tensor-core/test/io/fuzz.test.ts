import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { isLabError } from '../../src/errors';
import { foldIn, key } from '../../src/random';
import { installAllocationMeter } from './allocation-meter';
import { mutate } from './mutations';
import { naiveNpy, naiveSafetensors, type Naive } from './naive-readers';

const meter = installAllocationMeter();
const { readNpy, readNpz, readSafetensors, writeSafetensors, writeNpz, hostArray } =
  await import('../../src/io');
afterAll(() => vi.unstubAllGlobals());

const file = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(join(import.meta.dirname, 'golden', name)));

interface Outcome {
  read: number;
  refused: number;
}

/** Reads `times` damaged copies; every one must end in a LabError or pass `check`, within `bound(length)` bytes. */
function fuzz<T>(
  seeds: readonly Uint8Array[],
  {
    times,
    read,
    check,
    bound,
  }: {
    times: number;
    read: (bytes: Uint8Array) => T;
    check: (result: T, bytes: Uint8Array) => void;
    bound: (length: number) => number;
  },
): Outcome {
  const outcome = { read: 0, refused: 0 };
  for (let i = 0; i < times; i++) {
    const bytes = mutate(seeds[i % seeds.length]!, foldIn(key(2), i));
    meter.reset();
    let result: T;
    try {
      result = read(bytes);
    } catch (error) {
      if (!isLabError(error) || !['format', 'unsupported'].includes(error.code))
        throw new Error(`mutation ${i}`, { cause: error });
      outcome.refused++;
      continue;
    } finally {
      if (meter.total > bound(bytes.length))
        expect.fail(`mutation ${i} took ${meter.total} bytes for ${bytes.length}`);
    }
    outcome.read++;
    check(result, bytes);
  }
  return outcome;
}

/** Bit for bit, NaN included; cheaper than `toEqual` twenty thousand times. */
function expectSame(actual: Naive, expected: Naive): void {
  const same =
    actual.dtype === expected.dtype &&
    String(actual.shape) === String(expected.shape) &&
    actual.data.length === expected.data.length &&
    (actual.data as Float64Array).every((value, i) => Object.is(value, expected.data[i]));
  if (!same) expect(actual).toEqual(expected);
}

describe('damaged files end in a LabError or are read as they are', () => {
  it('safetensors, 20,000 times, within the file size', () => {
    const tiny = writeSafetensors(
      { a: hostArray({ shape: [2], dtype: 'bool', data: Uint8Array.of(1, 0) }) },
      { k: 'v' },
    );
    const outcome = fuzz([tiny, file('plain.safetensors'), file('all.safetensors')], {
      times: 20_000,
      read: readSafetensors,
      bound: (length) => length,
      check({ tensors }, bytes) {
        const expected = naiveSafetensors(bytes);
        expect(Object.keys(tensors).length).toBe(expected.size);
        for (const [name, array] of expected) expectSame(tensors[name]!, array);
      },
    });
    // both ends must have been reached often, or the test would say little
    expect(outcome.refused).toBeGreaterThan(10_000);
    expect(outcome.read).toBeGreaterThan(500);
  });

  it('npy, 20,000 times, within the file and its reordered copy', () => {
    const seeds = ['v1', 'v2', 'v3', 'fortran', 'big-endian', 'vector', 'scalar'].map((name) =>
      file(`${name}.npy`),
    );
    const outcome = fuzz(seeds, {
      times: 20_000,
      read: readNpy,
      bound: (length) => 2 * length,
      check: (array, bytes) => expectSame(array, naiveNpy(bytes)),
    });
    expect(outcome.refused).toBeGreaterThan(10_000);
    expect(outcome.read).toBeGreaterThan(500);
  });

  it('npz, 20,000 times: what passes the checksums is what was written', () => {
    const arrays = {
      ramp: hostArray({
        shape: [40, 2],
        dtype: 'float32',
        data: Float32Array.from({ length: 80 }, (_, i) => i / 8),
      }),
      flags: hostArray({ shape: [3], dtype: 'bool', data: Uint8Array.of(1, 0, 1) }),
    };
    const seeds = [
      writeNpz(arrays),
      writeNpz(arrays, { compress: false }),
      file('deflated.npz'),
      file('stored.npz'),
    ];
    const known = new Map(
      seeds
        .flatMap((seed) => Object.entries(readNpz(seed)))
        .map(([, array]) => [`${array.dtype} ${String(array.shape)} ${String(array.data)}`, array]),
    );
    // Inflating takes fflate about 200 kB of tables a block; the arrays are bounded by deflate's ratio.
    const outcome = fuzz(seeds, {
      times: 20_000,
      read: readNpz,
      bound: (length) => 2 * 1032 * length + 20 * 250_000,
      check(found) {
        for (const array of Object.values(found))
          expect(known.has(`${array.dtype} ${String(array.shape)} ${String(array.data)}`)).toBe(true);
      },
    });
    expect(outcome.refused).toBeGreaterThan(10_000);
    expect(outcome.read).toBeGreaterThan(500);
  });

  it('the meter sees what a careless reader would take', () => {
    meter.reset();
    expect(() => new Uint8Array(2 ** 40)).toThrow(RangeError);
    new Float64Array(100);
    expect(meter.largest).toBe(2 ** 40);
    expect(meter.total).toBe(2 ** 40 + 800);
  });
});
