import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadFilmRatings, loadMiserables } from '../src/node';

// Counts as The Stanford GraphBase gives them for the collapsed network: 77 characters and 254 pairs.
test('the graph of Les Miserables', async () => {
  const { nodes, edges, licence } = await loadMiserables();
  expect([nodes.length, edges.length]).toEqual([77, 254]);
  const degree = new Array<number>(77).fill(0);
  for (const { ends } of edges) for (const end of ends) degree[end]!++;
  // Valjean meets most others.
  expect(nodes[degree.indexOf(Math.max(...degree))]).toBe('Valjean');
  expect(licence).toContain('do not republish');
});

test('ratings of films, the most voted first', async () => {
  const { films } = await loadFilmRatings();
  expect(films[0]).toEqual({ title: 'The Shawshank Redemption', rating: 9.2, votes: 519541 });
  expect(films.every(({ votes }, i) => i === 0 || votes <= films[i - 1]!.votes)).toBe(true);
  expect(films.every(({ rating }) => rating > 0 && rating <= 10)).toBe(true);
});

test('another file, and none, are refused', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lab-vega-'));
  try {
    const path = join(folder, 'other.json');
    await writeFile(path, '{"nodes":[],"links":[]}');
    await expect(loadMiserables({ path })).rejects.toMatchObject({ code: 'format' });
    expect((await loadMiserables({ path, verify: false })).nodes).toEqual([]);
    await expect(loadMiserables({ path: join(folder, 'none.json') })).rejects.toMatchObject({
      code: 'missing',
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
