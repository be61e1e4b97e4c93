import { glyphs, glyphSize, nearestGlyph, type Glyph } from '@lab/datasets';
import {
  pointsDenoiser,
  rectifiedFlowSchedule,
  tensorSpace,
  type Denoiser,
  type PointClasses,
} from '@lab/diffusion-core';
import { tf, type Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { randint, split, type Key } from '@lab/tensor-core/random';
import {
  describe,
  greyDescriptor,
  momentDescriptor,
  pixelDescriptor,
  type Descriptor,
} from '../../descriptors';

const [side, spread] = [8, 0.05];
export const schedule = rectifiedFlowSchedule();

/** All glyphs, their exact flow and the descriptors of them. */
export interface GlyphWorld {
  readonly glyphs: readonly Glyph[];
  /** [640, 8, 8, 3] in [-1, 1]. */
  readonly images: Array64;
  readonly denoiser: Denoiser<Tensor, PointClasses>;
  /** Colours and texture, hardly content. */
  readonly moments: Descriptor;
  /** The image itself: style and content entangled. */
  readonly pixels: Descriptor;
  /** Shape and place without colour. */
  readonly grey: Descriptor;
}

export function glyphWorld(): GlyphWorld {
  const { glyphs: all, images: data } = glyphs();
  const images = { shape: [all.length, side, side, 3], data };
  const denoiser = pointsDenoiser({
    points: images,
    labels: all.map(({ digit }) => digit),
    deviation: spread,
    schedule,
    space: tensorSpace,
  });
  return {
    glyphs: all,
    images,
    denoiser,
    moments: momentDescriptor(images),
    pixels: pixelDescriptor(images),
    grey: greyDescriptor([side, side, 3]),
  };
}

export interface GlyphPairs {
  /** Numbers of the style references, and of others for content. */
  readonly style: readonly number[];
  readonly content: readonly number[];
  /** Digits that are asked for, none of them its style reference's. */
  readonly prompts: readonly number[];
}

export function drawPairs(key: Key, count: number, world: GlyphWorld): GlyphPairs {
  const [first, second, third] = split(key, 3) as [Key, Key, Key];
  const high = world.glyphs.length;
  const style = Array.from(randint(first, count, { high }));
  const turns = randint(second, count, { low: 1, high: 10 });
  return {
    style,
    content: Array.from(randint(third, count, { high })),
    prompts: style.map((index, i) => (world.glyphs[index]!.digit + turns[i]!) % 10),
  };
}

/** The images of these numbers, [n, 8, 8, 3]. */
export function imagesOf({ images }: GlyphWorld, numbers: readonly number[]): Array64 {
  const data = new Float64Array(numbers.length * glyphSize);
  numbers.forEach((index, i) =>
    data.set(images.data.subarray(index * glyphSize, (index + 1) * glyphSize), i * glyphSize),
  );
  return { shape: [numbers.length, side, side, 3], data };
}

/** Descriptors [n, size] of these glyphs. */
export async function targetsOf(
  world: GlyphWorld,
  descriptor: Descriptor,
  numbers: readonly number[],
): Promise<Array64> {
  const { shape, data } = imagesOf(world, numbers);
  const images = tf.tensor(Float32Array.from(data), [...shape]);
  try {
    return await describe(descriptor, images);
  } finally {
    images.dispose();
  }
}

export interface GlyphLooks {
  /** The glyph that each sample is nearest to. */
  readonly found: readonly Glyph[];
  /** Mean root-mean-square distance to it. */
  readonly manifold: number;
}

/** Looks samples [n, 8, 8, 3] up among all glyphs. */
export async function lookUp(world: GlyphWorld, samples: Tensor): Promise<GlyphLooks> {
  const data = Float64Array.from(await samples.data());
  const count = samples.shape[0];
  const nearest = Array.from({ length: count }, (_, i) =>
    nearestGlyph(data, i * glyphSize, world.images.data),
  );
  return {
    found: nearest.map(({ index }) => world.glyphs[index]!),
    manifold: nearest.reduce((sum, { distance }) => sum + Math.sqrt(distance / glyphSize), 0) / count,
  };
}

export const share = <T>(list: readonly T[], holds: (each: T, i: number) => boolean): number =>
  list.filter(holds).length / list.length;

/** Mean cosine of rows of length 1 with their targets. */
export async function meanCosine(descriptor: Descriptor, samples: Tensor, target: Array64): Promise<number> {
  const { shape, data } = await describe(descriptor, samples);
  return data.reduce((sum, value, i) => sum + value * target.data[i]!, 0) / shape[0]!;
}
