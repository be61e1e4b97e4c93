import { runExperiment } from '@lab/experiment';
import { key } from '@lab/tensor-core/random';
import { expect, test } from 'vitest';
import '@lab/testing';
import { coarse, differences, digitImages, judge } from '../../src/experiments/digits/digit-images';
import { digits } from '../../src/experiments/digits/digits';

test('images are means of squares, and the judge knows real digits', async () => {
  const { train, test: others } = await digitImages(key(0), { training: 1500, edited: 60 });
  expect(train.images.data.every((each) => each >= -1 && each <= 1)).toBe(true);
  expect(train.images.data[0]).toBe(-1);
  const judged = judge(others.images, train);
  // Three nearest neighbours of 1,500 at 14 by 14 are known to be right about nine times of ten.
  expect(judged.filter(({ label }, i) => label === others.labels[i]).length / 60).toBeGreaterThan(0.8);
  expect(judge(train.images, train).every(({ distance }) => distance === 0)).toBe(true);
  const sketch = coarse(others.images);
  expect(coarse(sketch)).toEqual(sketch);
  expect(differences(sketch, sketch).every((each) => each === 0)).toBe(true);
});

// A net trained for seconds decides no claim; the whole path runs, and what is exact of the method holds all the same.
test('the tour runs through, and a longer pull keeps more', async () => {
  const { status, error, claims, tables } = await runExperiment(digits, { scale: 'tour', seed: 0 });
  expect(error).toBeUndefined();
  expect(status).toBe('completed');
  expect(tables.map(({ rows }) => rows.length)).toEqual([2, 9, 6]);
  expect(claims.find(({ id }) => id === 'longer-pull-keeps-more')!.holds).toBe(true);
}, 240_000);
