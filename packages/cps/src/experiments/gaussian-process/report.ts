import { barFigure, type Figure, type Table } from '@lab/experiment';
import { scatterFigure } from '../shared/plots';
import type { Measured } from './claims';
import type { Books } from './gaussian-process';

/** Tables and figures of the experiment. */
export function reportOf({ exact, learned, reference }: Measured): { tables: Table[]; figures: Figure[] } {
  const real = reference.reduce((sum, each) => sum + each, 0) / reference.length;
  const hasLearned = [...learned.values()].some((book) => book.methods.length > 0);
  const level = exact.has(3) ? 3 : 2;
  const book = exact.get(level)!;
  return {
    tables: [
      tableOf(exact, {
        id: 'methods',
        title: 'Every method at every level, with the exact denoiser',
        note: `FD: raw Frechet distance to the real draws. A forecaster trained on real series has a TSTR error of ${real.toFixed(4)}.`,
      }),
      ...(hasLearned
        ? [
            tableOf(learned, {
              id: 'trained',
              title: 'With a trained network',
              note: 'The posterior mean is limited to +-5 in all methods.',
            }),
          ]
        : []),
    ],
    figures: [
      barFigure({
        id: 'quality',
        title: 'Distance to the real series by level of constraint',
        caption: 'Raw Frechet distance, lower is better; lines are 95 % intervals over repeats.',
        bars: [...exact].flatMap(([each, scores]) =>
          ['post-hoc', 'prodigy-1', 'guided-1', 'cps']
            .filter((name) => scores.methods.includes(name))
            .map((name) => ({ category: `level ${each}`, series: name, value: scores.summary(name, 'fd') })),
        ),
        value: { title: 'Frechet distance' },
      }),
      scatterFigure({
        id: 'quality-and-similarity',
        title: `Quality and similarity at level ${level}`,
        caption:
          'Frechet distance to all real series against DTW to the own source: nearer to the lower left is better.',
        marks: book.methods.map((name) => ({ name, x: book.mean(name, 'dtw'), y: book.mean(name, 'fd') })),
        x: 'DTW to the source',
        y: 'Frechet distance',
        highlight: 'cps',
      }),
    ],
  };
}

function tableOf(books: Books, head: { id: string; title: string; note: string }): Table {
  return {
    ...head,
    columns: ['level', 'method', 'FD', 'DTW', 'SSIM', 'violation', 'violation rate', 'TSTR', 'seconds'],
    rows: [...books].flatMap(([level, book]) =>
      book.methods.map((name) => [
        level,
        name,
        ...(['fd', 'dtw', 'ssim', 'violation', 'rate', 'tstr', 'seconds'] as const).map((score) =>
          book.summary(name, score),
        ),
      ]),
    ),
  };
}
