import { runExperiment } from '@lab/experiment';
import { key } from '@lab/tensor-core/random';
import { expect, test } from 'vitest';
import '@lab/testing';
import { attentionExperiment } from '../../src/experiments/attention/attention';
import { noisyGlyphs, templates } from '../../src/experiments/attention/glyph-data';

test('forty templates, and glyphs around them', () => {
  const { images, classes } = templates();
  expect(images.shape).toEqual([40, 8, 8, 3]);
  expect(new Set(classes.map(({ digit, style }) => `${digit} ${style}`)).size).toBe(40);
  const drawn = noisyGlyphs(key(0), 50);
  const distances = drawn.classes.map(({ digit, style }, i) => {
    const at = 192 * classes.findIndex((each) => each.digit === digit && each.style === style);
    const own = drawn.images.data.subarray(192 * i, 192 * (i + 1));
    return Math.sqrt(own.reduce((sum, value, k) => sum + (value - images.data[at + k]!) ** 2, 0) / 192);
  });
  // Normal noise of deviation 0.06 on every pixel.
  expect(distances.reduce((sum, each) => sum + each / 50, 0)).toBeAllclose(0.06, { rtol: 0.05 });
});

// A net trained for seconds decides no claim; the whole path runs, and what is exact holds all the same.
test('the tour runs through, and the controller brings descriptors to their targets', async () => {
  const { status, error, tables } = await runExperiment(attentionExperiment, { scale: 'tour', seed: 0 });
  expect(error).toBeUndefined();
  expect(status).toBe('completed');
  const cosines = tables[0]!.rows.map((row) => Number(row[4]));
  expect(cosines.length).toBe(7);
  expect(cosines[2]).toBeGreaterThan(0.95);
  expect(cosines[2]! - cosines[0]!).toBeGreaterThan(0.5);
});
