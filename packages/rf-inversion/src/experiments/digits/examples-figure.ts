import { encodePng } from '@lab/datasets/images';
import { pictureFigure, type Figure } from '@lab/experiment';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { side } from './digit-images';
import type { Comparison } from './digits';

/** The first images and what each method made of them. */
export function examplesFigure(images: Array64, { edits }: Comparison, count = 4): Figure {
  const columns: readonly (readonly [string, Array64])[] = [
    ['image', images],
    ...Object.values(edits).map(({ name, image }) => [name, image] as const),
  ];
  const rows = Array.from({ length: Math.min(count, images.shape[0]!) }, (_, n) => ({
    label: String(n + 1),
    pictures: columns.map(([label, all]) => ({ label, png: pngOf(all, n) })),
  }));
  return pictureFigure({
    id: 'examples',
    title: 'Digits turned into other digits',
    caption: 'The first test digits and their edits, by method.',
    rows,
    size: 64,
  });
}

function pngOf({ data }: Array64, n: number): Uint8Array {
  const pixels = side * side;
  const grey = data.subarray(n * pixels, (n + 1) * pixels).map((value) => (value + 1) / 2);
  return encodePng({ shape: [side, side, 1], data: grey });
}
