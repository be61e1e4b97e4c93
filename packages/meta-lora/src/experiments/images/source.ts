import { foldIn, permutation, randint, type Key } from '@lab/tensor-core/random';
import type { Digits } from '@lab/datasets/node';

export interface LabelledImages {
  /** Grey levels in [-1, 1], one image after another. */
  readonly pixels: Float32Array;
  /** Which of the six kinds each image shows, 0 to 5. */
  readonly classes: Int32Array;
}

/** Where images of six kinds come from. */
export interface ImageSource {
  /** Pixels of an image. */
  readonly size: number;
  /** Images with as many of each kind; those of `held` are never among those of `train`. */
  draw(key: Key, images: number, part: 'train' | 'held'): LabelledImages;
}

const side = 28;

/** Six handwritten digits of the ten, drawn by the key, shrunk to 14 x 14; held-out ones are of other writers. */
export function digitSource(
  key: Key,
  { train, held }: { readonly train: Digits; readonly held: Digits },
): ImageSource {
  const kinds = permutation(key, 10).subarray(0, 6);
  const placesOf = ({ labels }: Digits): number[][] =>
    Array.from(kinds, (digit) => Array.from(labels.keys()).filter((i) => labels[i] === digit));
  const places = { train: placesOf(train), held: placesOf(held) };
  return {
    size: 14 * 14,
    draw(each, images, part) {
      const digits = part === 'train' ? train : held;
      const perKind = Math.ceil(images / 6);
      const chosen = places[part].map((own, kind) =>
        Array.from(randint(foldIn(each, kind), [perKind], { low: 0, high: own.length }), (i) => own[i]!),
      );
      const classes = Int32Array.from({ length: images }, (_, i) => i % 6);
      const pixels = new Float32Array(images * 14 * 14);
      classes.forEach((kind, i) =>
        pixels.set(shrunk(digits.images, chosen[kind]![Math.floor(i / 6)]!), i * 14 * 14),
      );
      return { pixels, classes };
    },
  };
}

/** Means of 2 x 2 grey levels of image `n`, from [0, 255] to [-1, 1]. */
function shrunk(images: Uint8Array, n: number): Float32Array {
  const at = (y: number, x: number): number => images[(n * side + y) * side + x]!;
  return Float32Array.from({ length: 14 * 14 }, (_, i) => {
    const [y, x] = [2 * Math.floor(i / 14), 2 * (i % 14)];
    return (at(y, x) + at(y, x + 1) + at(y + 1, x) + at(y + 1, x + 1)) / 510 - 1;
  });
}

/** The ten ways to split six kinds into two labels of three each: kind 0 always has label 0. */
export function balancedSplits(): number[][] {
  const splits: number[][] = [];
  for (let a = 1; a < 6; a++)
    for (let b = a + 1; b < 6; b++)
      splits.push(Array.from({ length: 6 }, (_, kind) => (kind === 0 || kind === a || kind === b ? 0 : 1)));
  return splits;
}
