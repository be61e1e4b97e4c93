import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { fileCheckpoints } from '../../src/checkpoint';
import { hostArray } from '../../src/io';

/** Calls to the file system that still succeed; the next one dies, a write half way. */
const power = vi.hoisted(() => ({ calls: Number.POSITIVE_INFINITY }));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const spend = (): void => {
    if (power.calls-- <= 0) throw new Error('power is gone');
  };
  const guarded =
    (fn: (...args: any[]) => any) =>
    (...args: any[]): any => {
      spend();
      return fn(...args);
    };
  return {
    ...real,
    ...Object.fromEntries(
      (['mkdir', 'readdir', 'readFile', 'rename', 'rm'] as const).map((name) => [
        name,
        guarded(real[name] as any),
      ]),
    ),
    async open(...args: Parameters<typeof real.open>) {
      spend();
      const file = await real.open(...args);
      return {
        async writeFile(bytes: Uint8Array) {
          if (power.calls <= 0) await file.writeFile(bytes.subarray(0, bytes.length / 2));
          spend();
          await file.writeFile(bytes);
        },
        async sync() {
          spend();
          await file.sync();
        },
        close: () => file.close(),
      };
    },
  };
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lab-checkpoints-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const checkpoint = (step: number) => ({
  step,
  trees: { params: [hostArray({ shape: [4], dtype: 'float32', data: new Float32Array(4).fill(step) })] },
  json: {},
});

it('whichever call to the file system is the last, the earlier or the new checkpoint loads whole', async () => {
  let interruptions = 0;
  let newer = 0;
  for (let calls = 0; ; calls++) {
    rmSync(folder, { recursive: true });
    for (const step of [1, 2, 3]) await fileCheckpoints(folder).save(checkpoint(step));
    power.calls = calls;
    const outcome = await fileCheckpoints(folder)
      .save(checkpoint(4))
      .then(
        () => 'saved',
        (error: unknown) => String(error),
      );
    power.calls = Number.POSITIVE_INFINITY;
    const found = await fileCheckpoints(folder).load();
    expect(found!.warnings).toEqual([]);
    if (found!.step === 4) newer++;
    else expect(found!.step).toBe(3);
    expect(found!.trees).toEqual(checkpoint(found!.step).trees);
    if (outcome === 'saved') break;
    expect(outcome).toMatch(/(could not be written|cannot be read).*power is gone/);
    interruptions++;
    // the next run clears what was left and goes on
    await fileCheckpoints(folder).save(checkpoint(5));
    expect((await fileCheckpoints(folder).load())!.step).toBe(5);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  }
  // mkdir, readdir, open, write, sync, rename, open and sync of the folder, removal of the oldest
  expect(interruptions).toBe(9);
  expect(newer).toBe(4);
});
