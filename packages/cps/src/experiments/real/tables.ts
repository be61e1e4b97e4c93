import type { Table } from '@lab/experiment';
import type { TaskResult } from './compare';

const columns = [
  ['ftsd', 'FTSD'],
  ['jftsd', 'J-FTSD'],
  ['fd', 'raw FD'],
  ['tstr', 'TSTR forecast'],
  ['imputation', 'TSTR imputation'],
  ['dtw', 'DTW'],
  ['ssim', 'SSIM'],
  ['rate', 'violation rate'],
  ['violation', 'mean violation'],
  ['worst', 'greatest violation'],
  ['modelCalls', 'model calls'],
  ['seconds', 'seconds'],
] as const;

/** One table for each data set: every metric of every method. */
export function tablesOf(results: readonly TaskResult[]): Table[] {
  return results.map(({ task, book, floor, constraintCount, series }) => ({
    id: `methods-${task.id}`,
    title: `${task.title}: ${constraintCount} constraints on each of ${series} series`,
    columns: ['method', ...columns.map(([, title]) => title)],
    rows: [
      ...book.methods.map((name) => [name, ...columns.map(([score]) => book.summary(name, score))]),
      [
        'real training series',
        ...columns.map(([score]) => (score in floor ? floor[score as keyof typeof floor] : '')),
      ],
    ],
    note:
      'Lower is better but for SSIM. FTSD, J-FTSD and raw FD compare with the source series; TSTR trains on the generated series and tests on fresh real ones; ' +
      `DTW and SSIM compare each series with its own source. Licence of the data: ${task.licence}.`,
  }));
}
