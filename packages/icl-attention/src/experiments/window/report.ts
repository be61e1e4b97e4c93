import { lineFigure, type Figure, type LineSeries, type Table } from '@lab/experiment';
import type { Setting } from '../../attention';
import { along } from './claims';
import type { FamilyName, Learned } from './window';

const titles = {
  lipschitz: { id: 'lipschitz', axis: 'Lipschitz constant L' },
  noise: { id: 'noise', axis: 'label noise sigma' },
  context: { id: 'context', axis: 'context points n' },
} as const;

/** One table of every setting, and a figure for each quantity that was varied. */
export function reportOf(
  learned: readonly Learned[],
  { middle }: { middle: Setting },
): { tables: Table[]; figures: Figure[] } {
  const figureOf = (varied: keyof Setting): Figure => {
    const series = (['affine', 'relu'] as FamilyName[]).flatMap((family): LineSeries[] => {
      const list = along(learned, varied, { family, middle });
      const x = list.map((each) => each[varied]);
      return [
        { name: `${family}, learned`, x, y: list.map(({ window }) => window) },
        { name: `${family}, theory`, x, y: list.map(({ theory }) => theory) },
        ...(family === 'affine'
          ? [{ name: 'linear attention, affine', x, y: list.map(({ linear }) => linear!) }]
          : []),
      ];
    });
    return lineFigure({
      id: `window-by-${titles[varied].id}`,
      title: `Inverse window by ${titles[varied].axis}`,
      caption: `Learned w, and the minimiser of the population loss; for linear attention the trace of M over d. The other two are ${others(varied, middle)}.`,
      series,
      x: { title: titles[varied].axis, scale: 'log' },
      y: { title: 'inverse window w', scale: 'log' },
    });
  };
  return {
    tables: [
      {
        id: 'windows',
        title: 'Learned inverse windows',
        columns: [
          'family',
          'n',
          'L',
          'sigma',
          'n L^2 / sigma^2',
          'learned w',
          'theory',
          'anisotropy',
          'linear: trace / d',
          'linear: loss',
        ],
        rows: learned.map((each) => [
          each.family,
          each.context,
          each.lipschitz,
          each.noise,
          Number(each.ratio.toPrecision(4)),
          Number(each.window.toFixed(3)),
          Number(each.theory.toFixed(3)),
          Number(each.anisotropy.toFixed(4)),
          each.linear === undefined ? '' : Number(each.linear.toFixed(3)),
          each.linearLoss === undefined ? '' : Number(each.linearLoss.toFixed(4)),
        ]),
      },
    ],
    figures: (['lipschitz', 'noise', 'context'] as const).map(figureOf),
  };
}

function others(varied: keyof Setting, { context, lipschitz, noise }: Setting): string {
  const parts = { context: `n = ${context}`, lipschitz: `L = ${lipschitz}`, noise: `sigma = ${noise}` };
  return Object.entries(parts)
    .filter(([name]) => name !== varied)
    .map(([, text]) => text)
    .join(' and ');
}
