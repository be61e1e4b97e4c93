import type { ImageArray } from '@lab/datasets/images';

/** Images of one size side by side, a line of white between them. */
export function strip(images: readonly ImageArray[]): ImageArray {
  const [height, width, channels] = images[0]!.shape as [number, number, number];
  const gap = 2;
  const total = images.length * (width + gap) - gap;
  const data = new Float64Array(height * total * channels).fill(1);
  images.forEach((image, i) => {
    for (let y = 0; y < height; y++)
      data.set(
        image.data.subarray(y * width * channels, (y + 1) * width * channels),
        (y * total + i * (width + gap)) * channels,
      );
  });
  return { shape: [height, total, channels], data };
}

/** Which of `steps` steps are shown when `count` are asked for: evenly spread, the last one among them. */
export function shownSteps(steps: number, count: number): ReadonlySet<number> {
  const shown = Math.min(steps, count);
  return new Set(Array.from({ length: shown }, (_, i) => Math.round(((i + 1) * steps) / shown) - 1));
}
