import type { Figure } from '@lab/experiment';

const schema = 'https://vega.github.io/schema/vega-lite/v6.json';

export interface Mark {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

/** One labelled dot for each method: two scores against each other. */
export function scatterFigure(options: {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly marks: readonly Mark[];
  readonly x: string;
  readonly y: string;
  /** The method that stands out. */
  readonly highlight: string;
}): Figure {
  const { id, title, caption, marks, highlight } = options;
  const axis = (field: string, name: string): object => ({
    field,
    type: 'quantitative',
    title: name,
    scale: { zero: false, nice: true, padding: 18 },
  });
  return {
    id,
    title,
    caption,
    spec: {
      $schema: schema,
      width: 400,
      height: 300,
      data: { values: marks.map((mark) => ({ ...mark, isOurs: mark.name.startsWith(highlight) })) },
      encoding: { x: axis('x', options.x), y: axis('y', options.y) },
      layer: [
        {
          mark: { type: 'point', filled: true, size: 90, opacity: 0.95 },
          encoding: {
            color: { field: 'isOurs', type: 'nominal', legend: null, sort: [true, false] },
            shape: { field: 'isOurs', type: 'nominal', legend: null, sort: [true, false] },
          },
        },
        {
          mark: { type: 'text', align: 'left', dx: 8, dy: -6, fontSize: 10 },
          encoding: { text: { field: 'name', type: 'nominal' } },
        },
      ],
    },
  };
}

export interface Bar4 {
  readonly panel: string;
  readonly step: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

/** Price bars as candles, in panels; a bar whose order is broken (high or low inside the body) is marked. */
export function candleFigure(options: {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly bars: readonly Bar4[];
  readonly y: string;
}): Figure {
  const { id, title, caption, bars } = options;
  const values = bars.map((bar) => ({
    ...bar,
    rises: bar.close >= bar.open ? 'rises' : 'falls',
    broken: bar.high < Math.max(bar.open, bar.close) - 1e-9 || bar.low > Math.min(bar.open, bar.close) + 1e-9,
    top: Math.max(bar.open, bar.high, bar.low, bar.close),
  }));
  const y = (field: string): object => ({
    field,
    type: 'quantitative',
    scale: { zero: false },
    title: options.y,
  });
  return {
    id,
    title,
    caption,
    spec: {
      $schema: schema,
      data: { values },
      facet: {
        field: 'panel',
        type: 'nominal',
        sort: [...new Set(bars.map(({ panel }) => panel))],
        header: { title: null },
      },
      columns: 2,
      spacing: 18,
      spec: {
        width: 190,
        height: 130,
        encoding: {
          x: {
            field: 'step',
            type: 'quantitative',
            title: 'trading day',
            axis: { tickCount: 5 },
            scale: { nice: false, padding: 5 },
          },
        },
        layer: [
          {
            mark: { type: 'rule', strokeWidth: 1 },
            encoding: {
              y: y('low'),
              y2: { field: 'high' },
              color: { field: 'rises', type: 'nominal', title: 'the bar' },
            },
          },
          {
            mark: { type: 'bar', size: 5 },
            encoding: {
              y: y('open'),
              y2: { field: 'close' },
              color: { field: 'rises', type: 'nominal', title: 'the bar' },
            },
          },
          {
            transform: [{ filter: 'datum.broken' }],
            mark: { type: 'point', shape: 'triangle-down', size: 26, dy: -6, filled: true },
            encoding: { y: y('top'), color: { value: '#d1495b' } },
          },
        ],
      },
    },
  };
}

export interface OverlayLine {
  readonly panel: string;
  readonly name: string;
  readonly values: ArrayLike<number>;
}

export interface OverlayMark {
  readonly panel: string;
  readonly step: number;
  readonly value: number;
}

/** Series over their source, in panels, with the demanded values marked. */
export function overlayFigure(options: {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly lines: readonly OverlayLine[];
  readonly marks: readonly OverlayMark[];
  readonly x: string;
  readonly y: string;
}): Figure {
  const { id, title, caption, lines, marks } = options;
  const rows = lines.flatMap(({ panel, name, values }) =>
    Array.from(values, (value, step) => ({ panel, series: name, step, value })),
  );
  const panels = [...new Set(lines.map(({ panel }) => panel))];
  const names = [...new Set(lines.map(({ name }) => name))];
  const y = { field: 'value', type: 'quantitative', scale: { zero: false }, title: options.y };
  return {
    id,
    title,
    caption,
    spec: {
      $schema: schema,
      data: { values: [...rows, ...marks.map((mark) => ({ ...mark, demanded: true }))] },
      facet: { field: 'panel', type: 'nominal', sort: panels, header: { title: null } },
      columns: 2,
      spacing: 18,
      spec: {
        width: 190,
        height: 110,
        encoding: {
          x: {
            field: 'step',
            type: 'quantitative',
            title: options.x,
            axis: { tickCount: 5 },
            scale: { nice: false },
          },
        },
        layer: [
          {
            transform: [{ filter: '!datum.demanded' }],
            mark: { type: 'line', strokeWidth: 1.6 },
            encoding: {
              y,
              color: { field: 'series', type: 'nominal', sort: names, scale: { domain: names }, title: null },
            },
          },
          {
            transform: [{ filter: 'datum.demanded' }],
            mark: { type: 'point', size: 42, strokeWidth: 1.6, filled: false, opacity: 1 },
            encoding: { y, color: { value: '#d1495b' } },
          },
        ],
      },
    },
  };
}
