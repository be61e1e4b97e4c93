import { describe, expect, it } from 'vitest';
import { largestDifference, median, ratio } from '../src/statistics';

describe('median', () => {
  it('is the middle value, or the mean of the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([10, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  it('leaves its input as it is and sorts by size, not by spelling', () => {
    const values = [10, 9, 1];
    expect(median(values)).toBe(9);
    expect(values).toEqual([10, 9, 1]);
  });
});

describe('ratio', () => {
  it('is taken within rounds: what slows both sides down for a while leaves it alone', () => {
    const rounds = ratio([1, 100, 2], [2, 200, 4]);
    expect(rounds).toEqual({ median: 0.5, lowest: 0.5, highest: 0.5 });
  });

  it('is not the ratio of medians', () => {
    // Medians are 2 and 2; by rounds 1/2, 2/1 and 3/1.
    expect(ratio([1, 2, 3], [2, 1, 1])).toEqual({ median: 2, lowest: 0.5, highest: 3 });
  });

  it('refuses sides of different rounds', () => {
    expect(() => ratio([1], [1, 2])).toThrow('1 rounds of one side and 2 of the other');
  });
});

describe('largestDifference', () => {
  it('is relative above 1 and absolute below', () => {
    expect(largestDifference([0.5, 101], [0.25, 100])).toBe(0.25);
    expect(largestDifference([0, 110], [0, 100])).toBeCloseTo(0.1);
  });

  it('does not let NaN or a missing value pass', () => {
    expect(largestDifference([Number.NaN, 1], [1, 1])).toBeNaN();
    expect(largestDifference([1], [1, 1])).toBe(Infinity);
  });
});
