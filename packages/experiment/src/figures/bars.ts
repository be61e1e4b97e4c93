import { isSummary } from '../format';
import type { Figure, Summary } from '../types';
import { axis, colour, figure, type AxisOptions, type FigureText } from './series';

export interface Bar {
  /** Where it stands. */
  readonly category: string;
  /** Which of the bars of its category it is. */
  readonly series?: string;
  /** A number, or a mean with the interval that is drawn over it. */
  readonly value: number | Summary;
}

export interface BarFigureOptions extends FigureText {
  readonly bars: readonly Bar[];
  readonly value: AxisOptions;
  /** Whether bars lie, which leaves room for long names. @default true */
  readonly horizontal?: boolean;
  /** Pixels along the values. @default 340 lying, 260 standing */
  readonly length?: number;
}

/**
 * One bar a category and series, with its interval where it has one. Linear axes start at 0; on a logarithmic one there is
 * no zero for bars to start from, so dots are drawn.
 */
export function barFigure(options: BarFigureOptions): Figure {
  const { bars, horizontal = true, value } = options;
  const length = options.length ?? (horizontal ? 340 : 260);
  const categories = [...new Set(bars.map(({ category }) => category))];
  const names = [...new Set(bars.map(({ series, category }) => series ?? category))];
  const grouped = bars.some(({ series }) => series !== undefined);
  const isLog = value.scale === 'log';
  const [along, across] = horizontal ? ['x', 'y'] : ['y', 'x'];
  const amount = axis('value', { zero: true, ...value });
  const place = {
    field: 'category',
    type: 'nominal',
    sort: categories,
    title: null,
    axis: { labelAngle: 0, grid: false },
  };
  const offset = grouped && { [`${across}Offset`]: { field: 'series', type: 'nominal', sort: names } };
  // One colour when only places differ: colour would repeat what the axis says.
  const color = grouped ? colour(names) : { value: undefined };
  const encoding = { [across]: { ...place, scale: { paddingInner: grouped ? 0.25 : 0.35 } }, ...offset };
  const step = grouped ? Math.max(14, 26 - 3 * names.length) : 30;
  return figure(options, {
    [horizontal ? 'width' : 'height']: length,
    [horizontal ? 'height' : 'width']: { step, ...(grouped && { for: 'offset' }) },
    data: { values: bars.map(barRow) },
    encoding,
    layer: [
      {
        mark: isLog ? { type: 'point', size: 80 } : { type: 'bar' },
        encoding: {
          [along]: { ...amount, axis: { ...(amount.axis as object), grid: true } },
          ...(grouped && { color }),
        },
      },
      {
        transform: [{ filter: 'isValid(datum.low) && isValid(datum.high)' }],
        mark: { type: 'rule', strokeWidth: 1.6 },
        encoding: { [along]: { ...amount, field: 'low' }, [`${along}2`]: { field: 'high' } },
      },
    ],
  });
}

function barRow({ category, series, value }: Bar): Record<string, unknown> {
  const { mean, low, high } = isSummary(value) ? value : { mean: value, low: NaN, high: NaN };
  return { category, series: series ?? category, value: mean, low, high };
}
