import { describe, expect, it } from 'vitest';
import { readmePage } from '../build/readmes.ts';
import { domainOf, scaleOf, ticks } from '../src/page/scale';

describe('scales', () => {
  it('has ticks at round numbers', () => {
    expect(ticks({ label: '', domain: [0, 100] }, 5)).toEqual([0, 20, 40, 60, 80, 100]);
    expect(ticks({ label: '', domain: [-0.3, 0.25] }, 6)).toEqual([-0.3, -0.2, -0.1, 0, 0.1, 0.2]);
    expect(ticks({ label: '', domain: [1, 1e4], log: true }, 5)).toEqual([1, 10, 100, 1000, 10_000]);
  });

  it('goes to pixels and back', () => {
    for (const axis of [
      { label: '', domain: [-4, 12] as const },
      { label: '', domain: [0.2, 200] as const, log: true },
    ]) {
      const { at, invert } = scaleOf(axis, 40, 640);
      expect(at(axis.domain[0])).toBeCloseTo(40, 9);
      expect(at(axis.domain[1])).toBeCloseTo(640, 9);
      expect(invert(at(3.7))).toBeCloseTo(3.7, 9);
    }
    expect(scaleOf({ label: '', domain: [1, 100], log: true }, 0, 10).at(10)).toBeCloseTo(5, 9);
  });

  it('holds all that is finite', () => {
    expect(domainOf([3, NaN, -1, Infinity], 0)).toEqual([-1, 3]);
    expect(domainOf([], 0)).toEqual([0, 1]);
  });
});

describe('README pages', () => {
  it('keep addresses of the web, drop those of the repository, and let no markup through', () => {
    const page = readmePage(
      'cps',
      '# T\n\n[a](https://example.org) [b](src/b.ts) <script>alert(1)</script>\n\n| x |\n| - |\n| 1 |\n',
    );
    expect(page).toContain('<a href="https://example.org">a</a> b &lt;script&gt;');
    expect(page).not.toContain('<script');
    expect(page).toContain('aria-label="Table 1"');
  });
});
