import { describe, expect, it } from 'vitest';
import { differs, type LeftOut, type Measured } from '../src/measure';
import { allAgree, sectionText, summaryText, withoutFolders } from '../src/report';
import { sides } from '../src/sides';

const side = (name: string) => sides.find((each) => each.name === name)!;

function measured(name: string, wall: number[], values = [1, 2]): Measured {
  return { side: side(name), weights: 10, values, wall, cpu: wall, peakBytes: 1e8, others: [0, 0.5] };
}

const section = {
  title: 'a step',
  results: [
    measured('eager', [100, 200, 120]),
    measured('compiled-1', [10, 20, 15]),
    measured('torch-1', [20, 25, 20], [1, 2.00001]),
  ],
};

describe('the report', () => {
  it('takes ratios within rounds and compares with PyTorch at equal threads', () => {
    // 100/10, 200/20, 120/15 and 10/20, 20/25, 15/20.
    const row = summaryText([section]).split('\n').at(-1)!;
    const cells = row.split('|').map((cell) => cell.trim());
    expect(cells.slice(1, -1)).toEqual(['a step', '10.0', '', '0.75 (0.50 to 0.80)', '']);
  });

  it('counts values, and the number of weights, that are not those of the first side', () => {
    expect(allAgree([section])).toBe(true);
    const other = measured('torch-1', [1, 1, 1], [1, 2.1]);
    expect(allAgree([{ ...section, results: [...section.results, other] }])).toBe(false);
    expect(differs({ ...section.results[0]!, weights: 11 }, section.results[0]!)).toBe(Infinity);
    expect(
      allAgree([{ ...section, results: [section.results[0]!, measured('torch-1', [1], [1, NaN])] }]),
    ).toBe(false);
  });

  it('says which side was left out and why', () => {
    const out: LeftOut = { side: side('compiled-2'), error: 'no kernel (at /some/loss.ts:3)' };
    expect(sectionText({ ...section, results: [...section.results, out] })).toContain(
      '- compiled, 2 threads: left out. no kernel',
    );
  });

  it('says how much of the machine was taken by others', () => {
    expect(sectionText(section)).toContain('kept 0.25 cores at work meanwhile, at most 0.50 in a turn');
  });

  it('publishes no folder of this machine', () => {
    expect(withoutFolders('at Object.loss (/a/b/c.ts:1:2)')).toBe('at Object.loss (c.ts:1:2)');
    expect(withoutFolders('file:///a/b.js failed')).toBe('b.js failed');
    expect(withoutFolders('C:\\a\\b.js failed')).toBe('b.js failed');
    expect(withoutFolders('q/k and 1 / 2 stay')).toBe('q/k and 1 / 2 stay');
  });
});
