import type { Figure } from '../types';

export interface FigureText {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
}

export interface AxisOptions {
  readonly title: string;
  /** @default 'linear' */
  readonly scale?: 'linear' | 'log' | 'symlog';
  /** Whether 0 is in the axis. @default false */
  readonly zero?: boolean;
  /** Vega (d3) number format, such as `.0%`. */
  readonly format?: string;
}

export interface LineSeries {
  readonly name: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** Band around the line, lower and upper. */
  readonly low?: ArrayLike<number>;
  readonly high?: ArrayLike<number>;
}

export interface LineFigureOptions extends FigureText {
  readonly series: readonly LineSeries[];
  readonly x: AxisOptions;
  readonly y: AxisOptions;
  /** Marks each point, with a shape of its own for each series. @default when each series has at most 30 points */
  readonly points?: boolean;
  /** Pixels. @default 400 */
  readonly width?: number;
  /** Pixels. @default 260 */
  readonly height?: number;
}

/** Lines over x, with bands where series have them. */
export function lineFigure(options: LineFigureOptions): Figure {
  const { series, x, y, width = 400, height = 260 } = options;
  const points = options.points ?? series.every((each) => each.x.length <= 30);
  return figure(options, {
    width,
    height,
    data: { values: series.flatMap(lineRows) },
    encoding: { x: axis('x', x) },
    layer: lineLayers({
      y,
      names: series.map(({ name }) => name),
      points,
      bands: series.some(({ low }) => low),
    }),
  });
}

export interface Panel {
  readonly title: string;
  readonly series: readonly LineSeries[];
}

export interface SmallMultiplesOptions extends FigureText {
  readonly panels: readonly Panel[];
  readonly x: AxisOptions;
  readonly y: AxisOptions;
  /** Panels beside each other. @default 2 */
  readonly columns?: number;
  /** Whether every panel has its own y range. @default false */
  readonly free?: boolean;
  /** Pixels of one panel. @default 185 */
  readonly width?: number;
  /** Pixels of one panel. @default 100 */
  readonly height?: number;
}

/** The same kind of line plot many times over, such as one for each generated series. */
export function smallMultiples(options: SmallMultiplesOptions): Figure {
  const { panels, x, y, columns = 2, free = false, width = 185, height = 100 } = options;
  const titles = panels.map(({ title }) => title);
  const names = [...new Set(panels.flatMap(({ series }) => series.map(({ name }) => name)))];
  const bands = panels.some(({ series }) => series.some(({ low }) => low));
  return figure(options, {
    data: {
      values: panels.flatMap(({ title, series }) =>
        series.flatMap((each) => lineRows(each).map((row) => ({ ...row, panel: title }))),
      ),
    },
    facet: { field: 'panel', type: 'nominal', sort: titles, header: { title: null } },
    columns,
    spacing: 18,
    ...(free && { resolve: { scale: { y: 'independent' } } }),
    spec: {
      width,
      height,
      encoding: { x: axis('x', x) },
      layer: lineLayers({ y, names, points: false, bands }),
    },
  });
}

/** Names a spec and says which language it is in. */
export function figure({ id, title, caption }: FigureText, spec: Record<string, unknown>): Figure {
  return {
    id,
    title,
    caption,
    spec: { $schema: 'https://vega.github.io/schema/vega-lite/v6.json', ...spec },
  };
}

/** True at whole powers of ten: of a logarithmic axis only these are labelled by lines, the rest would be a hatching. */
const isDecade = 'abs(log(datum.value) / LN10 - round(log(datum.value) / LN10)) < 1e-9';

/** Vega-Lite's definition of a quantitative axis. */
export function axis(
  field: string,
  { title, scale = 'linear', zero = false, format }: AxisOptions,
): Record<string, unknown> {
  return {
    field,
    type: 'quantitative',
    title,
    // Along x, data reach from edge to edge.
    scale: { type: scale, ...(scale === 'linear' && { zero }), nice: field !== 'x' },
    axis: {
      tickCount: 5,
      ...(format !== undefined && { format }),
      ...(scale === 'log' && { gridOpacity: { condition: { test: isDecade, value: 1 }, value: 0 } }),
    },
  };
}

/** The colours of series by name, in the order of the names; no legend for one alone. */
export function colour(names: readonly string[]): Record<string, unknown> {
  return {
    field: 'series',
    type: 'nominal',
    sort: names,
    scale: { domain: names },
    ...(names.length < 2 && { legend: null }),
  };
}

function lineRows({ name, x, y, low, high }: LineSeries): Record<string, unknown>[] {
  return Array.from(x, (value, i) => ({
    series: name,
    x: value,
    y: y[i],
    ...(low && high && { low: low[i], high: high[i] }),
  }));
}

function lineLayers(options: {
  y: AxisOptions;
  names: readonly string[];
  points: boolean;
  bands: boolean;
}): Record<string, unknown>[] {
  const { y, names, points, bands } = options;
  const color = colour(names);
  const band = {
    mark: { type: 'area', opacity: 0.18, clip: true },
    encoding: { y: { ...axis('low', y), title: y.title }, y2: { field: 'high' }, color },
  };
  const line = { mark: { type: 'line', clip: true }, encoding: { y: axis('y', y), color } };
  const shape = {
    field: 'series',
    type: 'nominal',
    sort: names,
    scale: { domain: names },
    ...(names.length < 2 && { legend: null }),
  };
  const dots = { mark: { type: 'point' }, encoding: { y: axis('y', y), color, shape } };
  return [...(bands ? [band] : []), line, ...(points ? [dots] : [])];
}
