import type { Figure } from '@lab/experiment';

export interface HeatmapOptions {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly cells: readonly { readonly row: string; readonly column: string; readonly value: number }[];
  readonly rowTitle: string;
  readonly columnTitle: string;
}

/** A matrix of ratios, darker where larger, with the numbers in its cells. */
export function heatmap({ id, title, caption, cells, rowTitle, columnTitle }: HeatmapOptions): Figure {
  const axis = (field: 'row' | 'column', text: string) => ({
    field,
    type: 'nominal',
    sort: [...new Set(cells.map((cell) => cell[field]))],
    title: text,
    axis: { labelAngle: 0, grid: false },
  });
  const middle = Math.sqrt(Math.max(...cells.map(({ value }) => value)));
  return {
    id,
    title,
    caption,
    spec: {
      $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
      width: { step: 84 },
      height: { step: 26 },
      data: { values: cells },
      encoding: { x: axis('column', columnTitle), y: axis('row', rowTitle) },
      layer: [
        {
          mark: { type: 'rect' },
          encoding: {
            color: {
              field: 'value',
              type: 'quantitative',
              scale: { type: 'log', range: ['#dbe9f4', '#0072b2'] },
              legend: null,
            },
          },
        },
        {
          mark: { type: 'text' },
          encoding: {
            text: { field: 'value', type: 'quantitative', format: '.2f' },
            color: { condition: { test: `datum.value > ${middle}`, value: '#ffffff' }, value: '#1b1f24' },
          },
        },
      ],
    },
  };
}
