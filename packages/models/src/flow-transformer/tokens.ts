import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';

export interface TokenOptions {
  /**
   * What comes first within a token of four places: the channel (Flux, in and out), or the place (what Stable Diffusion 3
   * puts out; it reads latents as they are).
   *
   * @default 'channels'
   */
  readonly first?: 'channels' | 'places' | undefined;
}

/**
 * Latents [batch, height, width, channels] as tokens of 2 x 2 places, row by row:
 * [batch, height width / 4, 4 channels].
 *
 * @throws LabError `shape` for an odd height or width
 */
export function packLatents(latents: Tensor, { first = 'channels' }: TokenOptions = {}): Tensor {
  const [batch, height = 0, width = 0, channels = 0] = latents.shape;
  if (latents.rank !== 4 || height % 2 !== 0 || width % 2 !== 0)
    throw new LabError('shape', 'packLatents: latents are [batch, height, width, channels] of even sides', {
      argument: 'latents',
      received: latents.shape,
      hint: latents.rank === 3 ? 'these look packed already' : 'sides of an image are multiples of 16 pixels',
    });
  return tf.tidy(() => {
    const cut = tf.reshape(latents, [(batch * height) / 2, 2, width / 2, 2, channels]);
    const turned = tf.transpose(cut, first === 'channels' ? [0, 2, 4, 1, 3] : [0, 2, 1, 3, 4]);
    return tf.reshape(turned, [batch, (height * width) / 4, 4 * channels]);
  });
}

/**
 * The inverse of `packLatents` for latents of this height and width.
 *
 * @throws LabError `shape` when the tokens are not those of such latents
 */
export function unpackLatents(
  tokens: Tensor,
  { height, width, first = 'channels' }: TokenOptions & { readonly height: number; readonly width: number },
): Tensor {
  const [batch, count, entries = 0] = tokens.shape;
  if (
    tokens.rank !== 3 ||
    height % 2 !== 0 ||
    width % 2 !== 0 ||
    4 * count! !== height * width ||
    entries % 4 !== 0
  )
    throw new LabError(
      'shape',
      'unpackLatents: these are no tokens of 2 x 2 places for this height and width',
      {
        argument: 'tokens',
        expected: `[batch, ${(height * width) / 4}, 4 channels]`,
        received: tokens.shape,
        hint:
          tokens.rank === 4
            ? 'these look unpacked already'
            : 'height and width count places of the latents, not pixels',
      },
    );
  const channels = entries / 4;
  return tf.tidy(() => {
    const cells = [(batch * height) / 2, width / 2];
    const cut = tf.reshape(
      tokens,
      first === 'channels' ? [...cells, channels, 2, 2] : [...cells, 2, 2, channels],
    );
    const turned = tf.transpose(cut, first === 'channels' ? [0, 3, 1, 4, 2] : [0, 2, 1, 3, 4]);
    return tf.reshape(turned, [batch, height, width, channels]);
  });
}

/** Where Flux's tokens stand: rows of (0, row, column), [height width / 4, 3], for latents of this height and width. */
export function tokenPlaces({ height, width }: { readonly height: number; readonly width: number }): Tensor {
  const [rows, columns] = [height / 2, width / 2];
  const places = Float32Array.from({ length: 3 * rows * columns }, (_, i) => {
    const token = Math.floor(i / 3);
    return [0, Math.floor(token / columns), token % columns][i % 3]!;
  });
  return tf.tensor2d(places, [rows * columns, 3]);
}
