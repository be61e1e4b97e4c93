import type { Figure } from '../types';
import { figure, type FigureText } from './series';

export interface ImageFigureOptions extends FigureText {
  /** The bytes of a PNG file. */
  readonly png: Uint8Array;
  /** Pixels on the page. */
  readonly width: number;
  /** Pixels on the page. */
  readonly height: number;
}

/** A picture, kept whole in the figure itself. */
export function imageFigure({ png, width, height, ...text }: ImageFigureOptions): Figure {
  const bytes = Array.from(png, (byte) => String.fromCharCode(byte)).join('');
  return figure(text, {
    width,
    height,
    data: { values: [{ url: `data:image/png;base64,${btoa(bytes)}` }] },
    mark: { type: 'image', width, height },
    encoding: {
      url: { field: 'url', type: 'nominal' },
      x: { value: width / 2 },
      y: { value: height / 2 },
    },
  });
}
