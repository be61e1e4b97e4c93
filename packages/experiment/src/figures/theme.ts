import { palettes, type Theme } from './palette';

/** Vega-Lite's `config` for every figure: quiet axes, the project's colours, sizes that stay readable on a phone. */
export function themeConfig(theme: Theme): Record<string, unknown> {
  const { ink, muted, rule, grid, surface, series } = palettes[theme];
  const font = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
  return {
    // Marks are drawings here; the figure as a whole carries its description.
    aria: false,
    font,
    background: surface,
    padding: 4,
    view: {
      stroke: null,
      continuousWidth: 400,
      continuousHeight: 260,
      discreteWidth: 400,
      discreteHeight: 260,
    },
    axis: {
      labelFont: font,
      titleFont: font,
      labelFontSize: 13,
      titleFontSize: 13,
      titleFontWeight: 500,
      titlePadding: 8,
      labelColor: muted,
      titleColor: ink,
      domainColor: rule,
      tickColor: rule,
      tickSize: 4,
      gridColor: grid,
      labelLimit: 220,
      labelOverlap: 'greedy',
    },
    axisX: { grid: false },
    axisY: { domain: false, ticks: false, offset: 6 },
    legend: {
      orient: 'top',
      direction: 'horizontal',
      title: null,
      columns: 4,
      offset: 12,
      labelFont: font,
      labelFontSize: 13,
      labelColor: ink,
      labelLimit: 260,
      symbolSize: 90,
      symbolOpacity: 1,
      symbolStrokeWidth: 2,
      columnPadding: 16,
    },
    header: {
      labelFont: font,
      labelFontSize: 13,
      labelFontWeight: 600,
      labelColor: ink,
      title: null,
      labelPadding: 4,
    },
    title: { font, fontSize: 14, fontWeight: 600, color: ink, anchor: 'start', offset: 10 },
    text: { font, fontSize: 13, color: ink },
    range: { category: series },
    mark: { color: series[0] },
    line: { strokeWidth: 2, strokeCap: 'round', strokeJoin: 'round' },
    area: { line: false },
    point: { filled: true, size: 45, opacity: 1 },
    rule: { color: muted, strokeWidth: 1.5 },
    bar: { cornerRadiusEnd: 2 },
    rect: { stroke: null },
  };
}
