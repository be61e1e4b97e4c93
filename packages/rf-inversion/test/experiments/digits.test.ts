import { runExperiment } from '@lab/experiment';
import { key } from '@lab/tensor-core/random';
import { expect, test } from 'vitest';
import '@lab/testing';
import { coarse, differences, digitImages, realism } from '../../src/experiments/digits/digit-images';
import { digits } from '../../src/experiments/digits/digits';
import { digitModels } from '../../src/experiments/digits/shipped-flow';

test('images are digits, sketches their means, and the judge knows real ones', async () => {
  const { real, test: others } = await digitImages(key(0), { references: 200, edited: 60 });
  expect(real.images.data.every((each) => each >= -1 && each <= 1)).toBe(true);
  expect(real.images.data[0]).toBe(-1);
  const models = await digitModels();
  const read = await models.read(others.images);
  models.dispose();
  expect(read.filter((label, i) => label === others.labels[i]).length / 60).toBeGreaterThan(0.9);
  expect(realism(real.images, real.images).every((distance) => distance === 0)).toBe(true);
  const sketch = coarse(others.images);
  expect(coarse(sketch).data).toBeAllclose(sketch.data, { atol: 1e-12 });
  expect(differences(sketch, sketch).every((each) => each === 0)).toBe(true);
});

// A few images decide little of the claims; what is exact of the method holds all the same.
test('the tour runs through, and a longer pull keeps more', async () => {
  const { status, error, claims, tables } = await runExperiment(digits, { scale: 'tour', seed: 0 });
  expect(error).toBeUndefined();
  expect(status).toBe('completed');
  expect(tables.map(({ rows }) => rows.length)).toEqual([2, 9, 6]);
  expect(claims.find(({ id }) => id === 'longer-pull-keeps-more')!.holds).toBe(true);
});
