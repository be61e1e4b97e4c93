import { LabError } from '@lab/tensor-core/errors';
import type { Figure } from '../types';

export interface PictureFigureOptions {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  /** One row a subject, one column a method; each picture the bytes of a PNG file. */
  readonly rows: readonly { readonly label: string; readonly pictures: readonly Picture[] }[];
  /** Longer side of a picture on the page. @default 96 */
  readonly size?: number;
}

export interface Picture {
  readonly label: string;
  readonly png: Uint8Array;
}

/**
 * Pictures in a grid, for results that are to be looked at. They are inside the figure, so keep them small.
 *
 * @throws LabError `argument` when there is nothing to show, or bytes that are no PNG file
 */
export function pictureFigure({ id, title, caption, rows, size = 96 }: PictureFigureOptions): Figure {
  const values = rows.flatMap(({ label, pictures }) =>
    pictures.map((picture) => ({ row: label, column: picture.label, url: dataUrl(picture.png) })),
  );
  if (values.length === 0)
    throw new LabError('argument', 'a figure of pictures has at least one', {
      argument: 'rows',
      received: 0,
    });
  const labelled = { axis: { domain: false, ticks: false, grid: false, title: null }, sort: null };
  const spec = {
    data: { values },
    width: { step: size + 8 },
    height: { step: size + 8 },
    mark: { type: 'image', width: size, height: size, aspect: true },
    encoding: {
      x: {
        field: 'column',
        type: 'nominal',
        ...labelled,
        axis: { ...labelled.axis, orient: 'top', labelAngle: 0, labelLimit: size },
      },
      y: { field: 'row', type: 'nominal', ...labelled },
      url: { field: 'url', type: 'nominal' },
    },
  };
  return { id, title, caption, spec };
}

/** What a figure may show without loading anything. */
export const embeddedPng = 'data:image/png;base64,';

function dataUrl(png: Uint8Array): string {
  if (png[0] !== 0x89 || png[1] !== 0x50 || png[2] !== 0x4e || png[3] !== 0x47)
    throw new LabError('argument', 'a picture is the bytes of a PNG file', {
      argument: 'png',
      received: `${png.length} bytes`,
    });
  let binary = '';
  for (const byte of png) binary += String.fromCharCode(byte);
  return embeddedPng + btoa(binary);
}
