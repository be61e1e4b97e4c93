import { describe, expect, test } from 'vitest';
import { foldIn, key, normal64 } from '@lab/tensor-core/random';
import {
  bipartiteGraph,
  cliquesGraph,
  erdosRenyiGraph,
  estimateSigma,
  fullFeedback,
  graphFeedback,
  isFullFeedback,
  isSelfObserving,
  restrictTo,
  revealingArm,
  ringGraph,
  sideInformation,
  sideInformationFromCsv,
  standardFeedback,
  starGraph,
  unobservableArms,
} from '../../src';

test.each([
  ['no arm', [], /there is no arm/],
  ['a row too short', [[1, 2], [1]], /sigma is square.*received: 1/],
  [
    'a negative entry',
    [
      [1, -1],
      [1, 1],
    ],
    /sigma\[0\]\[1\].*received: -1/,
  ],
  [
    'NaN',
    [
      [1, 1],
      [NaN, 1],
    ],
    /sigma\[1\]\[0\].*received: NaN/,
  ],
])('refuses %s', (_, sigma, message) => {
  expect(() => sideInformation(sigma)).toThrow(message);
});

describe('constructors', () => {
  const edges = (information: { revealed: readonly Int32Array[] }) =>
    information.revealed.map((each) => [...each]);
  test('graphs', () => {
    expect(edges(standardFeedback([1, 2]))).toEqual([[0], [1]]);
    expect(edges(revealingArm(3, { arm: 1 }))).toEqual([[], [0, 1, 2], []]);
    expect(edges(graphFeedback(starGraph(4)))).toEqual([
      [0, 1, 2, 3],
      [0, 1],
      [0, 2],
      [0, 3],
    ]);
    expect(edges(graphFeedback(starGraph(3), { selfLoops: false }))).toEqual([[1, 2], [0], [0]]);
    expect(edges(graphFeedback(ringGraph(3)))).toEqual([
      [0, 1],
      [1, 2],
      [0, 2],
    ]);
    expect(edges(graphFeedback(cliquesGraph([1, 2])))).toEqual([[0], [1, 2], [1, 2]]);
    expect(edges(graphFeedback(bipartiteGraph(1, 2)))).toEqual([
      [0, 1, 2],
      [0, 1],
      [0, 2],
    ]);
  });
  test('what they are', () => {
    expect(isFullFeedback(fullFeedback(3, 2))).toBe(true);
    expect(isSelfObserving(revealingArm(3))).toBe(false);
    expect(unobservableArms(graphFeedback([[0, 1], [0, 0]], { selfLoops: false }))).toEqual([0]); // prettier-ignore
    expect(Array.from(sideInformation([[0.5, Infinity], [2, 1]]).precision)).toEqual([4, 0, 0.25, 1]); // prettier-ignore
  });
  test('a random graph has about p of the edges, and is the same for a key', () => {
    const graph = erdosRenyiGraph(60, { p: 0.3, key: key(1) });
    expect(erdosRenyiGraph(60, { p: 0.3, key: key(1) })).toEqual(graph);
    const share = graph.flat().filter(Boolean).length / (60 * 59);
    expect(Math.abs(share - 0.3)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / (60 * 59)));
  });
  test('some arms of a problem', () => {
    const { information } = restrictTo(graphFeedback(starGraph(4)), [2, 0]);
    expect(edges(information)).toEqual([
      [0, 1],
      [0, 1],
    ]);
    expect(() => restrictTo(information, [0, 0])).toThrow(/different whole numbers/);
  });
});

test('CSV, with inf, empty cells, comments and blanks', () => {
  const text = '# played by row\n0.5, inf\n\n ,1\n';
  expect(Array.from(sideInformationFromCsv(text).sigma)).toEqual([0.5, Infinity, Infinity, 1]);
  expect(() => sideInformationFromCsv('1,2\n3,x', { name: 'sigma.csv' })).toThrow(
    /sigma.csv: line 2, column 2/,
  );
});

// Readings drawn with known standard deviations; with 4,000 readings the estimate is within 5 % (four standard errors).
test('noise levels from logs', () => {
  const sigma = [[0.5, 2], [Infinity, 1]]; // prettier-ignore
  const rounds = Array.from({ length: 8000 }, (_, round) => {
    const arm = round % 2;
    const noise = normal64(foldIn(key(2), round), 2);
    return {
      arm,
      observations: sigma[arm]!.map((each, i) => (each < Infinity ? 1e6 + each * noise[i]! : NaN)),
    };
  });
  const { information, readings, few } = estimateSigma(rounds, { arms: 2 });
  expect(Array.from(readings)).toEqual([4000, 4000, 0, 4000]);
  [0.5, 2, Infinity, 1].forEach((expected, at) => {
    const found = information.sigma[at]!;
    if (expected === Infinity) expect(found).toBe(Infinity);
    else expect(Math.abs(found / expected - 1)).toBeLessThan(0.05);
  });
  expect(few).toEqual([]);
  expect(estimateSigma(rounds.slice(0, 20), { arms: 2 }).few).toHaveLength(3);
});
