import { relu, tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { convolution, doubled, groupNormed } from '../parts/layers';
import { compound, networkOf, type NetworkParams, type Part, type ParamsOf } from '../parts/part';
import type { Architecture } from '../weights/architecture';

export interface Taef2Options {
  /** Channels inside the network. @default 64 */
  readonly width?: number;
  /** Channels of a latent. @default 32 */
  readonly latent?: number;
}

/** Images to latents, or latents to images. */
export type Taef2 = Architecture<NetworkParams, [x: Tensor], Tensor>;

/** Height and width of an image are this many times those of its latent. */
export const taef2Factor = 8;

/**
 * The encoder of TAEF2, the tiny autoencoder of the FLUX.2 latent space: images [batch, height, width, 3] in [0, 1] to
 * latents [batch, height / 8, width / 8, 32]. The weights are those of `taef2_encoder.safetensors`, 1,338,528 of them.
 *
 * @throws LabError `shape` when 8 does not divide the image's height and width
 * @example
 * const encoder = taef2Encoder();
 * const latents = encoder.apply(loadWeights(encoder, await readFile('taef2_encoder.safetensors')), images);
 */
export function taef2Encoder({ width = 64, latent = 32 }: Taef2Options = {}): Taef2 {
  const down = () => conv3({ inputs: width, outputs: width, stride: 2, pad: [1, 1], bias: false });
  const chain = layers({
    0: conv3({ inputs: 3, outputs: width }),
    1: block(width),
    2: down(),
    ...blocks([3, 4, 5], width),
    6: down(),
    ...blocks([7, 8, 9], width),
    10: down(),
    ...blocks([11, 12, 13], width, { pooled: true }),
    14: conv3({ inputs: width, outputs: latent }),
  });
  return networkOf(
    compound(chain.parts, (params, x: Tensor) => {
      assertImages('taef2Encoder', x, 3, taef2Factor);
      return chain.apply(params, x);
    }),
  );
}

/**
 * The decoder of TAEF2: latents [batch, height, width, 32] to images [batch, 8 height, 8 width, 3], nearly in [0, 1]
 * (clip them to show them). The weights are those of `taef2_decoder.safetensors`, 1,338,499 of them.
 *
 * @example
 * const decoder = taef2Decoder();
 * const images = decoder.apply(loadWeights(decoder, await readFile('taef2_decoder.safetensors')), latents);
 */
export function taef2Decoder({ width = 64, latent = 32 }: Taef2Options = {}): Taef2 {
  // The published list counts layers without weights too: the clamp is 0, the first relu 2, enlargements 6, 11 and 16.
  const up = () => enlarging(conv3({ inputs: width, outputs: width, bias: false }));
  const first = conv3({ inputs: latent, outputs: width });
  const chain = layers({
    1: { ...first, apply: (params: ParamsOf<typeof first>, x: Tensor) => relu(first.apply(params, x)) },
    ...blocks([3, 4, 5], width, { pooled: true }),
    7: up(),
    ...blocks([8, 9, 10], width),
    12: up(),
    ...blocks([13, 14, 15], width),
    17: up(),
    18: block(width),
    19: conv3({ inputs: width, outputs: 3 }),
  });
  return networkOf(
    compound(chain.parts, (params, z: Tensor) => {
      assertImages('taef2Decoder', z, latent, 1);
      return chain.apply(params, tf.mul(tf.tanh(tf.div(z, 3)), 3));
    }),
  );
}

type Layers = Readonly<Record<number, Part<never>>>;

/** Layers one after the other, in the order of their numbers. */
function layers(parts: Layers): {
  readonly parts: Layers;
  readonly apply: (params: ParamsOf<Layers>, x: Tensor) => Tensor;
} {
  return {
    parts,
    apply: (params, x) =>
      Object.entries(parts).reduce((state, [i, part]) => part.apply(params[Number(i)]!, state), x),
  };
}

function conv3(options: Omit<Parameters<typeof convolution>[0], 'size'>) {
  return convolution({ ...options, size: 3 });
}

function enlarging<Params>(part: Part<Params>): Part<Params> {
  return { ...part, apply: (params, x) => part.apply(params, doubled(x)) };
}

function blocks(places: readonly number[], width: number, options?: { readonly pooled: boolean }) {
  return Object.fromEntries(places.map((place) => [place, block(width, options)]));
}

/** Three convolutions beside the identity; a pooled one first looks at the statistics of the whole image. */
function block(width: number, { pooled = false }: { readonly pooled?: boolean } = {}) {
  const conv = () => conv3({ inputs: width, outputs: width });
  const wide = 4 * width;
  const parts = {
    conv: { 0: conv(), 2: conv(), 4: conv() },
    pool: pooled
      ? {
          0: convolution({ inputs: width, outputs: wide, size: 1, bias: false }),
          1: groupNormed(wide, 4),
          3: convolution({ inputs: wide, outputs: width, size: 1, bias: false }),
        }
      : undefined,
  };
  return compound(parts, (params, x: Tensor) => {
    const context =
      parts.pool && params.pool
        ? tf.add(
            x,
            parts.pool[3].apply(
              params.pool[3],
              relu(parts.pool[1].apply(params.pool[1], parts.pool[0].apply(params.pool[0], x))),
            ),
          )
        : x;
    const [first, second, third] = [0, 2, 4] as const;
    const inner = parts.conv[third].apply(
      params.conv[third],
      relu(
        parts.conv[second].apply(
          params.conv[second],
          relu(parts.conv[first].apply(params.conv[first], context)),
        ),
      ),
    );
    return relu(tf.add(context, inner));
  });
}

function assertImages(caller: string, x: Tensor, channels: number, factor: number): void {
  const [, height = 0, width = 0] = x.shape;
  if (x.rank !== 4 || x.shape[3] !== channels || height % factor !== 0 || width % factor !== 0)
    throw new LabError('shape', `${caller}: the input has another shape`, {
      argument: 'x',
      expected: `[batch, height, width, ${channels}]${factor > 1 ? `, height and width multiples of ${factor}` : ''}`,
      received: x.shape,
    });
}
