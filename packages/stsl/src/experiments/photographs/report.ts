import { encodePng } from '@lab/datasets/images';
import { barFigure, pictureFigure, summarize, type Figure, type Picture } from '@lab/experiment';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { asPicture, imagesOf } from '../../batch-images';
import type { RunStats } from '../../stsl';

export interface Restoration {
  readonly task: string;
  readonly method: string;
  /** [B] decibels. */
  readonly psnr: readonly number[];
  /** [B] */
  readonly ssim: readonly number[];
  readonly stats?: RunStats;
}

export type Shown = readonly [label: string, batch: Array64];

export function restorationTable(rows: readonly Restoration[]) {
  return {
    id: 'restorations',
    title: 'Restored photographs',
    columns: [
      'task',
      'method',
      'PSNR (dB)',
      'SSIM',
      'evaluations, as the paper counts',
      'of the score',
      'seconds',
    ],
    rows: rows.map(({ task, method, psnr, ssim, stats }) => [
      task,
      method,
      summarize(psnr),
      summarize(ssim),
      stats?.nfePaper ?? 0,
      stats?.scoreEvaluations ?? 0,
      stats?.seconds.toFixed(1) ?? '',
    ]),
  };
}

export function psnrFigure(rows: readonly Restoration[]): Figure {
  return barFigure({
    id: 'psnr',
    title: 'PSNR by method',
    caption: 'Means over the squares with 95% intervals; more is better.',
    bars: rows.map(({ task, method, psnr }) => ({ category: task, series: method, value: summarize(psnr) })),
    value: { title: 'PSNR (dB)' },
  });
}

export function taskPictures(task: string, shown: readonly Shown[]): Figure {
  return pictureFigure({
    id: task.replaceAll(' ', '-'),
    title: `Photographs: ${task}`,
    caption: 'Squares of two photographs that the prior was not trained on, as measured, and restored.',
    rows: rowsOf(shown),
  });
}

/** One row an image, one column what became of it. */
function rowsOf(shown: readonly Shown[]): { label: string; pictures: Picture[] }[] {
  return Array.from({ length: shown[0]![1].shape[0]! }, (_, n) => ({
    label: `square ${n + 1}`,
    pictures: shown.map(([label, batch]) => ({
      label,
      png: encodePng(asPicture(imagesOf(batch)[n]!)),
    })),
  }));
}
