import { runExperiment } from '@lab/experiment';
import { engine } from '@lab/tensor-core';
import { beforeAll, expect, test } from 'vitest';
import '@lab/testing';
import { gaussian } from '../../src/experiments/gaussian/gaussian';
import { composition } from '../../src/experiments/glyphs/composition';
import { soc } from '../../src/experiments/glyphs/soc';
import { glyphWorld, targetsOf } from '../../src/experiments/glyphs/task';

beforeAll(async () => {
  await engine({ prefer: 'wasm' });
});

// Numbers of an independent program.
test('the style descriptor of glyphs is that of the reference', async () => {
  const world = glyphWorld();
  const find = (digit: number, style: number, row: number, column: number): number =>
    world.glyphs.findIndex(
      (each) => each.digit === digit && each.style === style && each.row === row && each.column === column,
    );
  const numbers = [489, find(2, 5, 2, 4), find(7, 4, 1, 2)];
  const { data } = await targetsOf(world, world.moments, numbers);
  const close = { atol: 2e-5, rtol: 0 };
  expect(data.subarray(0, 12)).toBeAllclose(
    [
      0.179041, -0.589681, -0.338168, -0.210251, -0.332026, 0.108964, -0.242942, -0.303783, 0.187929,
      -0.170897, -0.351727, -0.001776,
    ],
    close,
  );
  const cosine = (i: number): number =>
    data.subarray(0, 12).reduce((sum, value, k) => sum + value * data[i * 12 + k]!, 0);
  expect([cosine(1), cosine(2)]).toBeAllclose([0.69066, -0.066001], close);
});

test('the tour of gaussian: the method does not sample the conditional law, as derived', async () => {
  const { status, claims, error } = await runExperiment(gaussian, { scale: 'tour', seed: 0 });
  expect(error).toBeUndefined();
  expect(status).toBe('completed');
  expect(claims.map(({ id, holds }) => [id, holds])).toEqual([
    ['samples-the-conditional-law', false],
    ['too-little-and-too-much', true],
    ['stopping-overshoots', true],
  ]);
});

// Rates over 24 pairs are rough, so that claims with narrow margins are left to the larger scales.
test.each([soc, composition].map((each) => [each.id, each] as const))(
  'the tour of %s',
  async (_, experiment) => {
    const { status, claims, error } = await runExperiment(experiment, { scale: 'tour', seed: 0 });
    expect(error).toBeUndefined();
    expect(status).toBe('completed');
    const byId = Object.fromEntries(claims.map(({ id, holds }) => [id, holds]));
    if (experiment === soc) expect(byId['style-without-training']).toBe(true);
    else expect(byId['both-references']).toBe(true);
  },
);
