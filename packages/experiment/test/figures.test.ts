import { describe, expect, test } from 'vitest';
import {
  barFigure,
  histogramFigure,
  lineFigure,
  pictureFigure,
  smallMultiples,
  type Figure,
} from '../src/index';
import { palettes } from '../src/figures/palette';
import { renderFigure } from '../src/report/index';
import { contrast } from './contrast';

const text = { title: 'Title', caption: 'What is seen' };
const x = [1, 2, 3];
const lines = lineFigure({
  id: 'lines',
  ...text,
  series: [
    { name: 'a', x, y: [1, 2, 4], low: [0, 1, 3], high: [2, 3, 5] },
    { name: 'b', x, y: [2, 2, 2] },
  ],
  x: { title: 'x' },
  y: { title: 'y' },
});
const bars = barFigure({
  id: 'bars',
  ...text,
  bars: [
    { category: 'one', value: { mean: 1, low: 0.5, high: 1.5, n: 3 } },
    { category: 'two', value: 2 },
  ],
  value: { title: 'value' },
});
const multiples = smallMultiples({
  id: 'panels',
  ...text,
  panels: ['p', 'q'].map((title) => ({ title, series: [{ name: 'a', x, y: x }] })),
  x: { title: 'x' },
  y: { title: 'y' },
});
const histogram = histogramFigure({
  id: 'hist',
  ...text,
  samples: [{ name: 'a', values: [0, 1, 1, 2] }],
  x: { title: 'x' },
});
const all = [lines, bars, multiples, histogram];

const marks = (svg: string, kind: string): number =>
  (svg.match(new RegExp(`class="mark-${kind} role-mark[^"]*"`, 'g')) ?? []).length;

describe('renderFigure', () => {
  test.each(all.map((figure) => [figure.id, figure] as const))(
    '%s: same bytes each time, whatever was drawn between',
    async (_, figure) => {
      const first = await renderFigure(figure);
      await renderFigure(lines, { theme: 'dark' });
      expect(await renderFigure(figure)).toBe(first);
      expect(first).toMatch(/^<svg role="img" aria-label="Title\. What is seen"/);
      // Parts of a picture have no roles of their own, which would want texts of their own.
      expect(first.match(/\srole=/g)).toHaveLength(1);
      expect(first).not.toMatch(/NaN|undefined/);
    },
  );

  test('draws a line and a band for each series', async () => {
    const svg = await renderFigure(lines);
    expect(marks(svg, 'line')).toBe(2);
    expect(marks(svg, 'area')).toBeGreaterThanOrEqual(1);
    for (const label of ['x', 'y', 'a', 'b']) expect(svg).toContain(`>${label}</text>`);
  });

  test('draws one interval, where there is one', async () => {
    const rules = /class="mark-rule role-mark[^"]*"[^>]*>(.*?)<\/g>/s.exec(await renderFigure(bars))![1]!;
    expect(rules.match(/<line /g)).toHaveLength(1);
  });

  test('is drawn in the colours of its theme', async () => {
    expect(await renderFigure(lines, { theme: 'light' })).toContain(palettes.light.series[0]);
    const dark = await renderFigure(lines, { theme: 'dark' });
    expect(dark).toContain(palettes.dark.series[0]);
    expect(dark).not.toContain(palettes.light.series[0]);
    expect(await renderFigure(lines, { theme: 'adaptive' })).toContain(
      `var(--figure-series-0, ${palettes.light.series[0]!})`,
    );
  });

  test('escapes texts', async () => {
    const svg = await renderFigure({ ...lines, title: '"><script>', caption: '<b>' });
    expect(svg).toContain('aria-label="&quot;&gt;&lt;script&gt;. &lt;b&gt;"');
    const named = lineFigure({
      id: 'l',
      ...text,
      series: [
        { name: '<script>', x, y: x },
        { name: 'b', x, y: x },
      ],
      x: { title: '<i>' },
      y: { title: '&' },
    });
    expect(await renderFigure(named)).not.toMatch(/<script|<i>/);
  });

  test.each([
    ['data', { data: { url: 'https://example.com/a.csv' }, mark: 'point' }],
    ['image', { data: { values: [{}] }, mark: { type: 'image', url: 'https://example.com/a.png' } }],
    ['link', { data: { values: [{}] }, mark: { type: 'point', href: 'https://example.com' } }],
  ])('loads nothing: %s', async (_, spec) => {
    await expect(renderFigure({ id: 'f', ...text, spec })).rejects.toThrow(/loads nothing.*example\.com/);
  });

  test('says which figure cannot be drawn', async () => {
    const broken: Figure = { id: 'broken', ...text, spec: { data: { values: [] }, mark: 'no-such-mark' } };
    await expect(renderFigure(broken)).rejects.toThrow(/figure 'broken': the specification cannot be drawn/);
  });
});

test('histograms are densities: they have area 1', () => {
  const figure = histogramFigure({
    id: 'h',
    ...text,
    samples: [
      { name: 'a', values: [0, 0.1, 0.5, 1, 7, NaN] },
      { name: 'b', values: Float64Array.from({ length: 99 }, (_, i) => i / 20) },
    ],
    x: { title: 'x' },
    bins: 7,
  });
  const { values } = figure.spec.data as { values: { series: string; y: number }[] };
  for (const name of ['a', 'b']) {
    const heights = values.filter(({ series }) => series === name).map(({ y }) => y);
    expect(heights).toHaveLength(8);
    // Bins are 1 wide: 7 bins from 0 to 7.
    expect(heights.slice(0, 7).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  }
});

test.each(['light', 'dark'] as const)(
  'colours of the %s theme stand out from their ground (WCAG 2.2: 3 for shapes, 4.5 for text)',
  (theme) => {
    const { surface, ink, muted, series } = palettes[theme];
    for (const colour of series) expect(contrast(colour, surface)).toBeGreaterThanOrEqual(3);
    for (const colour of [ink, muted]) expect(contrast(colour, surface)).toBeGreaterThanOrEqual(4.5);
  },
);

test('pictures are drawn from the figure itself, in their order; anything else is refused', async () => {
  // The smallest PNG: its eight first bytes are what makes it one here.
  const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10);
  const rows = [{ label: 'boats', pictures: ['image', 'edit'].map((label) => ({ label, png })) }];
  const figure = pictureFigure({ id: 'p', title: 'Pictures', caption: '', rows });
  const svg = await renderFigure(figure, { theme: 'adaptive' });
  expect(svg.match(/href="data:image\/png;base64,iVBORw0KGgo="/g)).toHaveLength(2);
  expect(svg.indexOf('>image<')).toBeLessThan(svg.indexOf('>edit<'));
  const elsewhere = JSON.stringify(figure.spec).replace(/data:image[^"]+/, 'https://example.org/a.png');
  await expect(
    renderFigure({ ...figure, spec: JSON.parse(elsewhere) as typeof figure.spec }),
  ).rejects.toMatchObject({ code: 'unsupported' });
  expect(() => pictureFigure({ id: 'p', title: '', caption: '', rows: [] })).toThrow(/at least one/);
  const text = [{ label: 'a', pictures: [{ label: 'b', png: Uint8Array.of(1, 2) }] }];
  expect(() => pictureFigure({ id: 'p', title: '', caption: '', rows: text })).toThrow(/PNG/);
});
