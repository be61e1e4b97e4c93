import type { Figure } from '../types';
import { dataUrl } from './pictures';
import { figure, type FigureText } from './series';

export interface ImageFigureOptions extends FigureText {
  /** The bytes of a PNG file. */
  readonly png: Uint8Array;
  /** Pixels on the page. */
  readonly width: number;
  /** Pixels on the page. */
  readonly height: number;
}

/**
 * One picture, such as a sheet that was put together elsewhere, kept whole in the figure; `pictureFigure` lays out many.
 *
 * @throws LabError `argument` when the bytes are no PNG file
 */
export function imageFigure({ png, width, height, ...text }: ImageFigureOptions): Figure {
  return figure(text, {
    width,
    height,
    data: { values: [{ url: dataUrl(png) }] },
    mark: { type: 'image', width, height },
    encoding: {
      url: { field: 'url', type: 'nominal' },
      x: { value: width / 2 },
      y: { value: height / 2 },
    },
  });
}
