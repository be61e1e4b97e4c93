import { fc, test } from '@fast-check/vitest';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  decodeCheckpoint,
  encodeCheckpoint,
  fileCheckpoints,
  memoryCheckpoints,
  type Checkpoint,
  type CheckpointStore,
} from '../../src/checkpoint';
import { isLabError } from '../../src/errors';
import { hostArray, writeSafetensors, type HostArray } from '../../src/io';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lab-checkpoints-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const floats = (...values: number[]): HostArray =>
  hostArray({ shape: [values.length], dtype: 'float32', data: Float32Array.from(values) });
const checkpoint = (step: number): Checkpoint => ({
  step,
  trees: { params: { w: floats(step) } },
  json: { seed: 0 },
});
const files = (): string[] => readdirSync(folder).sort();
const damage = (name: string, change: (bytes: Buffer) => Uint8Array): void => {
  const path = join(folder, name);
  writeFileSync(path, change(readFileSync(path)));
};

const leaf = fc.oneof(
  fc.array(fc.float()).map((values) => floats(...values)),
  fc
    .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    .map((value) => hostArray({ shape: [], dtype: 'int64', data: BigInt64Array.of(value) })),
  fc
    .boolean()
    .map((value) => hostArray({ shape: [1, 1], dtype: 'bool', data: Uint8Array.of(Number(value)) })),
);
const name = fc.oneof(
  fc.constantFrom('a', 'b', 'a.b', 'a\\', '0', '__proto__', 'constructor'),
  fc.string({ minLength: 1 }),
);
const tree = fc.letrec((tie) => ({
  node: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('node'), { maxLength: 3 }),
    fc.dictionary(name, tie('node'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).node;
const names = fc.dictionary(
  name.filter((each) => each !== '__metadata__'),
  tree,
  { maxKeys: 3, noNullPrototype: true },
);

describe('encoding', () => {
  test.prop([fc.maxSafeNat(), names, fc.dictionary(fc.string(), fc.jsonValue())])(
    'any checkpoint comes back, arrays and structure bit for bit',
    (step, trees, json) => {
      const original = { step, trees, json } as Checkpoint;
      const bytes = encodeCheckpoint(original);
      const decoded = decodeCheckpoint(bytes);
      expect(decoded.step).toBe(step);
      expect(decoded.trees).toEqual(trees);
      expect(JSON.stringify(decoded.json)).toBe(JSON.stringify(json));
      expect(encodeCheckpoint(decoded)).toEqual(bytes);
    },
  );

  test.prop([fc.nat(), fc.integer({ min: 1, max: 255 })])(
    'a changed byte anywhere is noticed, or is white space of the header and changes nothing',
    (at, change) => {
      const saved = { ...checkpoint(7), json: { key: [1, 2], lossHistory: [0.5] } };
      const bytes = encodeCheckpoint(saved);
      bytes[at % bytes.length]! ^= change;
      let read: Checkpoint | undefined;
      try {
        read = decodeCheckpoint(bytes);
      } catch (caught) {
        expect(isLabError(caught)).toBe(true);
        return;
      }
      // JSON has four kinds of white space, so a space that pads the header may become another.
      expect([0x09, 0x0a, 0x0d, 0x20]).toContain(bytes[at % bytes.length]);
      expect(encodeCheckpoint(read)).toEqual(encodeCheckpoint(saved));
    },
  );

  it.each<[string, Partial<Checkpoint>, RegExp]>([
    ['a step that is no number of steps', { step: -1 }, /step is a whole number from 0/],
    [
      'a tensor for an array',
      { trees: { a: { b: {} as never, c: new Float32Array(1) as never } } },
      /argument: trees.a.c.*hint: read tensors with fromTensor/,
    ],
    ['NaN in the JSON', { json: { loss: [1, Number.NaN] } }, /argument: json.loss.1.*received: NaN/],
    ['a Map in the JSON', { json: { map: new Map() } }, /argument: json.map.*\[object Map\]/],
    ['a BigInt in the JSON', { json: { n: 1n } }, /argument: json.n/],
  ])('refuses %s', (_, part, message) => {
    expect(() => encodeCheckpoint({ ...checkpoint(1), ...part })).toThrow(message);
  });
});

describe.each<[string, () => CheckpointStore]>([
  ['fileCheckpoints', () => fileCheckpoints(folder)],
  ['memoryCheckpoints', () => memoryCheckpoints()],
])('%s', (_, create) => {
  it('has nothing at first, then the latest', async () => {
    const store = create();
    expect(await store.load()).toBeUndefined();
    for (const step of [1, 2, 9]) await store.save(checkpoint(step));
    expect(await store.load()).toEqual({ ...checkpoint(9), warnings: [] });
    // a run that was set back saves a smaller step: it is the latest all the same
    await store.save(checkpoint(4));
    expect((await store.load())!.step).toBe(4);
  });

  it('keeps what was saved, whatever happens to the arrays later', async () => {
    const store = create();
    const values = floats(1, 2);
    const saving = store.save({ step: 1, trees: { params: values }, json: {} });
    (values.data as Float32Array).fill(9);
    await saving;
    const loaded = (await store.load())!.trees.params as HostArray;
    expect([...(loaded.data as Float32Array)]).toEqual([1, 2]);
    (loaded.data as Float32Array).fill(8);
    expect([...((await store.load())!.trees.params as HostArray<'float32'>).data]).toEqual([1, 2]);
  });

  it('refuses a bad checkpoint and keeps the good one', async () => {
    const store = create();
    await store.save(checkpoint(1));
    await expect(store.save({ ...checkpoint(2), json: { loss: Infinity } })).rejects.toThrow(
      /json holds what JSON cannot carry/,
    );
    expect((await store.load())!.step).toBe(1);
  });

  it('takes saves that overlap in their order', async () => {
    const store = create();
    await Promise.all([1, 2, 3, 4].map((step) => store.save(checkpoint(step))));
    expect((await store.load())!.step).toBe(4);
  });
});

describe('the folder', () => {
  it('holds the latest `keep` files and whatever else was there', async () => {
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    writeFileSync(join(folder, 'model.safetensors'), writeSafetensors({}));
    const store = fileCheckpoints(folder, { keep: 3 });
    for (let step = 1; step <= 5; step++) await store.save(checkpoint(step));
    expect(files()).toEqual([
      ...[3, 4, 5].map((n) => `checkpoint-0000000${n}.safetensors`),
      'model.safetensors',
      'notes.txt',
    ]);
  });

  it('is made when needed; another process continues its numbers', async () => {
    const nested = join(folder, 'a/b');
    await fileCheckpoints(nested).save(checkpoint(1));
    await fileCheckpoints(nested).save(checkpoint(2));
    expect((await fileCheckpoints(nested).load())!.step).toBe(2);
    expect(readdirSync(nested).length).toBe(2);
  });

  it.each<[string, (bytes: Buffer) => Uint8Array, RegExp]>([
    ['cut off', (bytes) => bytes.subarray(0, -3), /leave the file's/],
    ['emptied', () => new Uint8Array(0), /ends before its header/],
    [
      'with a flipped bit in its data',
      (bytes) => bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte)),
      /checksum differs/,
    ],
    [
      'replaced by another safetensors file',
      () => writeSafetensors({ w: floats(1) }),
      /not a checkpoint of this library/,
    ],
  ])('the newest file %s: the one before loads, with a warning', async (_, change, reason) => {
    for (const step of [1, 2, 3]) await fileCheckpoints(folder).save(checkpoint(step));
    damage('checkpoint-00000003.safetensors', change);
    const store = fileCheckpoints(folder);
    const found = await store.load();
    expect(found!.step).toBe(2);
    expect(found!.warnings.length).toBe(1);
    expect(found!.warnings[0]).toMatch(/^checkpoint-00000003.safetensors was passed over/);
    expect(found!.warnings[0]).toMatch(reason);
    // the damaged file does not count among the two that stay
    await store.save(checkpoint(4));
    expect(files()).toEqual([2, 3, 4].map((n) => `checkpoint-0000000${n}.safetensors`));
    await store.save(checkpoint(5));
    expect(files()).toEqual([4, 5].map((n) => `checkpoint-0000000${n}.safetensors`));
  });

  it('with damaged files alone is an error, not a fresh start', async () => {
    await fileCheckpoints(folder).save(checkpoint(1));
    damage('checkpoint-00000001.safetensors', (bytes) => bytes.subarray(0, 20));
    await expect(fileCheckpoints(folder).load()).rejects.toThrow(
      /no checkpoint of the folder can be read.*hint: move the files away/,
    );
  });

  it('that is a file, or a keep that is none, is refused', async () => {
    const path = join(folder, 'file');
    writeFileSync(path, '');
    await expect(fileCheckpoints(path).load()).rejects.toThrow(/folder of checkpoints cannot be read/);
    await expect(fileCheckpoints(path).save(checkpoint(1))).rejects.toThrow(/could not be written/);
    expect(() => fileCheckpoints(folder, { keep: 0 })).toThrow(
      /keep is a whole number from 1; argument: keep; received: 0/,
    );
  });
});
