import { foldIn, key } from '@lab/tensor-core/random';
import { expect, test } from 'vitest';
import '@lab/testing';
import {
  chainTable,
  divergence,
  drawChain,
  drawCounts,
  fitChain,
  fitFullTable,
  freeParameters,
  tableSizes,
} from '../src/theory/tabular';

const sizes = { states: 3, length: 4 };

// Proposition 4.4; the classical rate of a maximum-likelihood table is (free parameters) / (2 N).
test('a known anchor costs a quarter of the samples', () => {
  expect(tableSizes({ ...sizes, parents: 1 })).toEqual({ autoregressive: 120, anchored: 36 });
  expect(freeParameters(sizes)).toEqual({ full: 80, chain: 20 });
  let [full, chain] = [0, 0];
  for (let repeat = 0; repeat < 50; repeat++) {
    const at = foldIn(key(0), repeat);
    const table = chainTable(drawChain({ ...sizes, key: foldIn(at, 0) }));
    const counts = drawCounts(table, { count: 20_000, key: foldIn(at, 1) });
    full += divergence(table, fitFullTable(counts)) / 50;
    chain += divergence(table, chainTable(fitChain(counts, sizes))) / 50;
  }
  expect(full).toBeAllclose(0.002, { rtol: 0.1 });
  expect(chain).toBeAllclose(0.0005, { rtol: 0.1 });
  expect(full / chain).toBeGreaterThan(3.4);
  expect(full / chain).toBeLessThan(4.6);
});

test('the table of a chain sums to 1 and is recovered from its own probabilities', () => {
  const chain = drawChain({ ...sizes, key: key(1) });
  const table = chainTable(chain);
  expect(table.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 12);
  const fitted = chainTable(
    fitChain(
      table.map((p) => p * 1e9),
      sizes,
    ),
  );
  expect(fitted).toBeAllclose(table, { rtol: 1e-6 });
});
