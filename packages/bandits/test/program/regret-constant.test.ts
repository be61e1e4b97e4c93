import { describe, expect, test } from 'vitest';
import {
  explorationCost,
  explorationProgram,
  finiteTimeInformation,
  fullFeedback,
  graphFeedback,
  regretConstant,
  regretConstantByHighs,
  sideInformation,
  standardFeedback,
  starGraph,
} from '../../src';
import { cliques, informant, revealing, standard, star } from '../support/instances';

const starOf = (means: number[]) => ({ means, information: graphFeedback(starGraph(means.length)) });
const directed = (leavesSeeHub: boolean) => ({
  means: [0.9, 1, 0.2, 0.1],
  information: graphFeedback(
    starGraph(4).map((row, j) => (leavesSeeHub ? row : row.map((edge) => edge && j === 0))),
  ),
});
const ring = (rho: number) => ({
  means: [1, 0.6, 0.8],
  information: sideInformation([
    [1, rho, Infinity],
    [Infinity, 1, rho],
    [rho, Infinity, 1],
  ]),
});
const loopless = {
  means: [1, 0.8, 0.5],
  information: graphFeedback([[0, 1, 1], [1, 0, 1], [1, 1, 0]], { selfLoops: false }), // prettier-ignore
};

// Closed forms: sum of 2 sigma^2 / gap for bandits without side observations; for the star (2 / D^2) min(D_hub, (K - 2) D);
// for cliques 2 / D of each other clique's best; the rest by hand from the two or three vertices that the program has.
describe('closed forms', () => {
  test.each([
    ['standard', standard, 16],
    ['unequal noise', { means: [1, 0.8, 0.5], information: standardFeedback([1, 2, 0.5]) }, 41],
    ['full feedback', { means: [1, 0.8, 0.5, 0], information: fullFeedback(4) }, 0],
    ['star', star, 25],
    ['star, dear hub', starOf([0, 1, 0.8, 0.8, 0.8, 0.8]), 40],
    ['star, unequal leaves', starOf([0.4, 1, 0.9, 0.7, 0.5]), 28 + 4 / 15],
    ['star, best hub', starOf([1, 0.8, 0.8, 0.8]), 0],
    ['leaves see the hub', directed(true), 0.3125],
    ['only the hub sees', directed(false), 20],
    ['ring, rho 0.5', ring(0.5), 5],
    ['ring, rho 2', ring(2), 10],
    ['revealing arm', revealing, 200 / 9],
    ['cliques', cliques, 15],
    ['two arms', { means: [1, 0.75], information: standardFeedback([1, 1]) }, 8],
    ['the best tells', { means: [1, 0.75], information: sideInformation([[1, 3], [Infinity, 1]]) }, 0], // prettier-ignore
    ['loopless clique', loopless, 10],
    ['informant', informant, 12.5],
  ])('%s', async (_, { means, information }, expected) => {
    const { value, counts, dual, requirements } = regretConstant(means, information);
    expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, expected));
    expect(Math.abs(dual.reduce((sum, y, i) => sum + y * requirements[i]!, 0) - value)).toBeLessThan(
      1e-9 * 50,
    );
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(0);
    expect(Math.abs((await regretConstantByHighs(means, information)).value - expected)).toBeLessThan(
      1e-7 * 41,
    );
  });

  test('plays of each arm, and the leaves that the hub does not serve, with its prices', () => {
    expect(Array.from(regretConstant(standard.means, standard.information).counts)).toEqual([
      expect.closeTo(50, 9),
      expect.closeTo(50, 9),
      expect.closeTo(8, 9),
      expect.closeTo(2, 9),
    ]);
    const { means, information } = starOf([0.4, 1, 0.9, 0.7, 0.5]);
    const { counts, dual } = regretConstant(means, information);
    [8, 192, 128 / 9, 0].forEach((expected, i) => expect(counts[[0, 2, 3, 4][i]!]).toBeCloseTo(expected, 8));
    [0, 0, 0.1, 0.3, 0.2].forEach((expected, i) => expect(dual[i]).toBeCloseTo(expected, 9));
  });

  test('twice the program where one arm reveals all, the same on the loopless clique', () => {
    const coupled = regretConstant(revealing.means, revealing.information, { kind: 'coupled' }).value;
    expect(Math.abs(coupled - 400 / 9)).toBeLessThan(1e-6);
    const clique = regretConstant(loopless.means, loopless.information, { kind: 'coupled' }).value;
    expect(Math.abs(clique - 10)).toBeLessThan(1e-6);
    expect(regretConstant(standard.means, standard.information, { kind: 'coupled' }).value).toBeCloseTo(
      16,
      9,
    );
  });
});

// (Q) itself, from the plays: 1 / W_i + 1 / W_best <= gap^2 / 2.
test.each([
  ['revealing arm', revealing],
  ['loopless clique', loopless],
])('coupled plays tell every pair apart: %s', (_, { means, information }) => {
  const { counts, dual, requirements, value } = regretConstant(means, information, { kind: 'coupled' });
  const { arms, precision } = information;
  const W = means.map((__, i) => counts.reduce((sum, count, j) => sum + count * precision[j * arms + i]!, 0));
  const best = means.indexOf(Math.max(...means));
  for (let i = 0; i < arms; i++)
    if (i !== best)
      expect(1 / W[i]! + 1 / W[best]!).toBeLessThanOrEqual(
        ((means[best]! - means[i]!) ** 2 / 2) * (1 + 1e-9),
      );
  expect(dual.reduce((sum, y, i) => sum + y * requirements[i]!, 0)).toBeCloseTo(value, 7);
});

// With the best arm charged: 50 plays of it reach what its own row asks for, at any price that leaves them the only way.
test('a cost for the best arm makes its count part of the program', () => {
  const gaps = [0, 0.2, 0.5, 1];
  const free = explorationProgram(gaps, standard.information, { best: 0 });
  const charged = explorationProgram(gaps, standard.information, { best: 0, bestCost: 1e-9 });
  expect(charged.counts[0]).toBeCloseTo(50, 9);
  expect(charged.value - free.value).toBeCloseTo(50e-9, 12);
  expect(() => explorationProgram(gaps, standard.information, { bestCost: -1 })).toThrow(/bestCost/);
});

test('an exact reading costs nothing per ln T', () => {
  expect(regretConstant([1, 0.8, 0.5], standardFeedback([1, 0, 1])).value).toBeCloseTo(4, 9);
  expect(regretConstant([1, 0.8, 0.5], sideInformation([[1, Infinity, Infinity], [Infinity, 1, Infinity], [0, 0, 0]])).value).toBe(0); // prettier-ignore
});

test('one arm, and all arms equal, cost nothing', () => {
  expect(regretConstant([3], standardFeedback([1])).value).toBe(0);
  expect(regretConstant([3, 3], standardFeedback([1, 1])).value).toBe(0);
});

// Bretagnolle-Huber on a grid; values of the reference computation.
test.each([
  [1e4, 21.68],
  [1e6, 163.486],
  [1e8, 356.476],
  [1e12, 778.785],
])('information needed after %d rounds', (horizon, expected) => {
  expect(finiteTimeInformation(0.2, { horizon, regret: 50 })).toBeCloseTo(expected, 3);
});

// P1: both ways on the star with gaps known. ln 1e6 times the constant is 321.1.
test('following the whole program attains it, following what remains does not', () => {
  const gaps = [0.5, 0, 0.2, 0.21, 0.22, 0.23];
  const information = graphFeedback(starGraph(6));
  const tracking = explorationCost(gaps, information, { horizon: 1e6, rule: 'track' });
  expect(tracking).toBeGreaterThan(321);
  expect(tracking).toBeLessThan(323);
  expect(explorationCost(gaps, information, { horizon: 1e6, rule: 'remaining' })).toBeGreaterThan(500);
});
