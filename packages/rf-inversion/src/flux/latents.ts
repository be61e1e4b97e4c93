import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';

/**
 * Latents [B, C, h, w] as the tokens that Flux reads, [B, (h/2) (w/2), 4 C]: token `r (w/2) + q` holds the two by two
 * square at (2 r, 2 q), channel `4 c + 2 py + px` of it the entry (c, 2 r + py, 2 q + px). A new state.
 *
 * @throws LabError `shape` for odd sizes, or for what is packed already
 */
export function packLatents(latents: Tensor): Tensor;
export function packLatents(latents: Array64): Array64;
export function packLatents(latents: Tensor | Array64): Tensor | Array64 {
  const { shape } = latents;
  const [batch, channels, height, width] = shape as [number, number, number, number];
  if (shape.length !== 4 || height % 2 !== 0 || width % 2 !== 0)
    throw new LabError('shape', 'latents to pack are [B, C, h, w] of even height and width', {
      argument: 'latents',
      received: shape,
      hint: shape.length === 3 ? 'these look packed already' : 'image sides are multiples of 16 pixels',
    });
  const order = packingOrder(channels, height, width);
  return permute(latents, order, [batch, (height / 2) * (width / 2), 4 * channels]);
}

/**
 * The inverse of `packLatents`.
 *
 * @throws LabError `shape` when the tokens are not those of a latent of this size
 */
export function unpackLatents(tokens: Tensor, size: { height: number; width: number }): Tensor;
export function unpackLatents(tokens: Array64, size: { height: number; width: number }): Array64;
export function unpackLatents(
  tokens: Tensor | Array64,
  { height, width }: { height: number; width: number },
): Tensor | Array64 {
  const { shape } = tokens;
  const [batch, count, depth] = shape as [number, number, number];
  const fits = shape.length === 3 && depth % 4 === 0 && height % 2 === 0 && width % 2 === 0;
  if (!fits || count !== (height / 2) * (width / 2))
    throw new LabError('shape', 'these are not the tokens of a latent of this size', {
      argument: 'tokens',
      expected: `[B, ${(height * width) / 4}, 4 C]`,
      received: shape,
      hint:
        shape.length === 4
          ? 'these look unpacked already'
          : 'height and width count latent entries, not pixels',
    });
  const order = packingOrder(depth / 4, height, width);
  const inverse = new Int32Array(order.length);
  order.forEach((from, to) => {
    inverse[from] = to;
  });
  return permute(tokens, inverse, [batch, depth / 4, height, width]);
}

/** Where each packed entry of one sample comes from. */
function packingOrder(channels: number, height: number, width: number): Int32Array {
  const order = new Int32Array(channels * height * width);
  let at = 0;
  for (let r = 0; r < height; r += 2)
    for (let q = 0; q < width; q += 2)
      for (let c = 0; c < channels; c++)
        for (let py = 0; py < 2; py++)
          for (let px = 0; px < 2; px++) order[at++] = (c * height + r + py) * width + q + px;
  return order;
}

function permute(x: Tensor | Array64, order: Int32Array, shape: [number, ...number[]]): Tensor | Array64 {
  const [batch] = shape;
  const size = order.length;
  if ('data' in x && x.data instanceof Float64Array) {
    const data = new Float64Array(batch * size);
    for (let b = 0; b < batch; b++)
      for (let i = 0; i < size; i++) data[b * size + i] = x.data[b * size + order[i]!]!;
    return { shape, data };
  }
  return tf.tidy(() => {
    const indices = tf.tensor1d(order, 'int32');
    return tf.reshape(tf.gather(tf.reshape(x as Tensor, [batch, size]), indices, 1), shape);
  });
}
