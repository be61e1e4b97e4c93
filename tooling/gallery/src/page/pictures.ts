import { h } from './element';

export interface Picture {
  /** What it shows, for who does not see it. */
  readonly label: string;
  /** Shown below it. */
  readonly caption: string;
  /** Numbers in [-1, 1], row by row, `channels` for each pixel. */
  readonly pixels: readonly number[];
}

export interface PicturesOptions {
  readonly title: string;
  readonly side: number;
  /** 1 is grey, dark ink on light paper; 3 is red, green and blue. */
  readonly channels: 1 | 3;
  /** Width of a picture in CSS pixels at most. */
  readonly size: number;
}

/** A row of small square pictures, each with its caption. */
export function pictures({ title, side, channels, size }: PicturesOptions) {
  const list = h('ul', { class: 'pictures', style: `--size: ${size}px` });
  const root = h('figure', {}, h('figcaption', { class: 'figure-title' }, title), list);
  return {
    root,
    show(all: readonly Picture[]): void {
      list.replaceChildren(
        ...all.map(({ label, caption, pixels }) =>
          h('li', {}, canvasOf(pixels, { side, channels, label }), h('span', { class: 'small' }, caption)),
        ),
      );
    },
  };
}

function canvasOf(
  pixels: readonly number[],
  { side, channels, label }: { side: number; channels: 1 | 3; label: string },
): HTMLCanvasElement {
  const canvas = h('canvas', { width: side, height: side, role: 'img', 'aria-label': label });
  const context = canvas.getContext('2d')!;
  const image = context.createImageData(side, side);
  for (let pixel = 0; pixel < side * side; pixel++)
    for (let channel = 0; channel < 4; channel++) {
      const value = pixels[pixel * channels + (channels === 1 ? 0 : channel)] ?? 1;
      const grey = 127.5 * (channels === 1 ? 1 - value : 1 + value);
      image.data[4 * pixel + channel] = channel === 3 ? 255 : grey;
    }
  context.putImageData(image, 0, 0);
  return canvas;
}
