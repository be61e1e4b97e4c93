import { tf, type Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, key as keyOf, normal64, permutation, uniform64, type Key } from '@lab/tensor-core/random';
import { fromArray64, type ImageCondition, type TrainingData } from '@lab/diffusion-core';

export const side = 16;
/** Size of a word as the network reads it, and words of a text. */
export const [width, places] = [8, 2];

/** A text: how large the shape is, and how bright. Where it is and how it lies are not said. */
export interface Text {
  readonly size: 'small' | 'large';
  readonly shade: 'grey' | 'white';
}

const radii = { small: [2, 2.6], large: [4, 4.6] } as const;
const heights = { grey: 0.9, white: 1.9 } as const;
const words = ['small', 'large', 'grey', 'white', 'nothing'] as const;
const table = normal64(keyOf(5), [words.length, width]);

/** The tokens of texts, [texts, 2, 8]; `undefined` is the empty text. */
export function tokensOf(texts: readonly (Text | undefined)[]): Tensor {
  const rows = texts.flatMap((text) =>
    (text ? [text.size, text.shade] : (['nothing', 'nothing'] as const)).flatMap((word) => {
      const at = words.indexOf(word);
      return [...table.slice(at * width, (at + 1) * width)];
    }),
  );
  return tf.tensor3d(rows, [texts.length, places, width]);
}

/** One soft ellipse each [16, 16, 1] on -1, with its text. */
export function shapes(key: Key, count: number): { readonly images: Array64; readonly texts: Text[] } {
  const data = new Float64Array(count * side * side);
  const texts = Array.from({ length: count }, (_, n): Text => {
    const u = uniform64(foldIn(key, n), 7);
    const text: Text = { size: u[0]! < 0.5 ? 'small' : 'large', shade: u[1]! < 0.5 ? 'grey' : 'white' };
    const [least, most] = radii[text.size];
    const [row, column] = [5 + 5 * u[2]!, 5 + 5 * u[3]!];
    const short = least + (most - least) * u[4]!;
    const long = short * (1 + 0.3 * u[5]!);
    const angle = Math.PI * u[6]!;
    for (let i = 0; i < side; i++)
      for (let j = 0; j < side; j++) {
        const [down, across] = [i - row, j - column];
        const a = Math.cos(angle) * down + Math.sin(angle) * across;
        const b = Math.cos(angle) * across - Math.sin(angle) * down;
        const inside = 1 / (1 + Math.exp(6 * (Math.hypot(a / long, b / short) - 1)));
        data[(n * side + i) * side + j] = -1 + heights[text.shade] * inside;
      }
    return text;
  });
  return { images: { shape: [count, side, side, 1], data }, texts };
}

/** Shapes with their texts, of which one in ten is left out. */
export function shapeData(key: Key, count: number): TrainingData<ImageCondition> {
  const { images, texts } = shapes(foldIn(key, 0), count);
  const silent = new Set(permutation(foldIn(key, 1), count).slice(0, Math.floor(count / 10)));
  const size = side * side;
  return {
    size: count,
    shape: [side, side, 1],
    batch(indices) {
      const chosen = Array.from(indices);
      const data = Float64Array.from(
        chosen.flatMap((n) => [...images.data.subarray(n * size, (n + 1) * size)]),
      );
      return {
        x0: fromArray64({ shape: [chosen.length, side, side, 1], data }),
        condition: { tokens: tokensOf(chosen.map((n) => (silent.has(n) ? undefined : texts[n]))) },
      };
    },
  };
}

export interface Seen extends Text {
  /** Centre of brightness, in pixels from the top left. */
  readonly centre: readonly [row: number, column: number];
}

/** What one image [16, 16, 1] shows. */
export function look({ data }: Array64): Seen {
  const light = data.map((value) => Math.min(2, Math.max(0, value + 1)));
  const peak = Math.max(...light);
  const area = light.reduce((count, value) => count + (value > peak / 2 ? 1 : 0), 0);
  // Faint light everywhere would draw the centre to the middle.
  const bright = light.map((value) => (value > peak / 4 ? value : 0));
  const total = bright.reduce((sum, value) => sum + value, 0) || 1;
  const mean = (of: (at: number) => number): number =>
    bright.reduce((sum, value, at) => sum + value * of(at), 0) / total;
  return {
    size: area > 38 ? 'large' : 'small',
    shade: peak > 1.4 ? 'white' : 'grey',
    centre: [mean((at) => Math.floor(at / side)), mean((at) => at % side)],
  };
}
