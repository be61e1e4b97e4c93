import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runExperiment } from '@lab/experiment';
import { photographs } from '../src/experiments/photographs/photographs';

const folder = join(import.meta.dirname, '../../../../shared/data');
const isThere = existsSync(join(folder, 'taef2_encoder.safetensors'));

test('without the weights of TAEF2 the experiment says that it was skipped, and why', async () => {
  const { status, claims, tables, log } = await runExperiment(photographs, { scale: 'tour', seed: 0 });
  expect(status).toBe('completed');
  expect(claims).toEqual([]);
  expect(JSON.stringify([tables, log])).toMatch(/taef2_encoder\.safetensors .* not in the data folder/);
});

describe.skipIf(!isThere)(
  `photographs${isThere ? '' : ' (skipped: no taef2_*.safetensors in ../shared/data)'}`,
  () => {
    test('are restored through TAEF2 at tour scale', async () => {
      const { status, error, claims, figures, tables } = await runExperiment(photographs, {
        scale: 'tour',
        seed: 0,
        dataDir: folder,
      });
      expect(error).toBeUndefined();
      expect(status).toBe('completed');
      expect(claims).toHaveLength(2);
      expect(JSON.stringify(tables)).not.toMatch(/NaN/);
      const strip = figures.find(({ id }) => id !== 'psnr')!;
      // One square; its truth and measurement, and what six methods made of it.
      expect(JSON.stringify(strip.spec).match(/data:image\/png;base64,/g)).toHaveLength(8);
    });
  },
);
