import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { matmul, symmetricEigen, transpose, type Array64 } from '@lab/tensor-core/linalg64';
import { apply, applyTransposed, fromExamples, rowsOf } from './priors/rows';

/** Images to latents and back; both ways differentiable, and every result is the caller's. */
export interface Autoencoder {
  /** [B, H, W, C] to latents [B, ...], deterministic. */
  encode(images: Tensor): Tensor;
  /** Latents [B, ...] to images [B, H, W, C]. */
  decode(latents: Tensor): Tensor;
}

/** For models of pixels: the latent is the image. */
export function identityAutoencoder(): Autoencoder {
  return { encode: (images) => tf.clone(images), decode: (latents) => tf.clone(latents) };
}

/** `D(z) = mean + scale basis z`, `E(x) = basis^T (x - mean) / scale` with orthonormal columns: E after D is the identity. */
export interface LinearAutoencoder extends Autoencoder {
  /** [p, d], orthonormal columns. */
  readonly basis: Array64;
  /** [p] */
  readonly mean: Float64Array;
  readonly scale: number;
  readonly imageShape: readonly number[];
  /** [B, ...image] to [B, d] in float64. */
  encode64(images: Array64): Array64;
  /** [B, d] to [B, ...image] in float64. */
  decode64(latents: Array64): Array64;
}

export interface LinearAutoencoderOptions {
  /** [p, d] with orthonormal columns. */
  readonly basis: Array64;
  /** [p] @default zeros */
  readonly mean?: Float64Array;
  /** @default 1 */
  readonly scale?: number;
  /** Shape [H, W, C] of an image, p numbers in all. @default [p, 1, 1] */
  readonly imageShape?: readonly number[];
}

/** @throws LabError `argument` when the columns are not orthonormal, `shape` when sizes differ */
export function linearAutoencoder({
  basis,
  mean,
  scale = 1,
  imageShape,
}: LinearAutoencoderOptions): LinearAutoencoder {
  const [p, d] = basis.shape as [number, number];
  const centre = mean ?? new Float64Array(p);
  const image = imageShape ?? [p, 1, 1];
  if (centre.length !== p || image.reduce((product, each) => product * each, 1) !== p)
    throw new LabError('shape', 'linearAutoencoder: basis, mean and image shape have one number of pixels', {
      expected: p,
      received: { mean: centre.length, imageShape: image },
    });
  const gram = matmul(transpose(basis), basis).data;
  if (
    gram.some((value, at) => Math.abs(value - (at % d === Math.floor(at / d) ? 1 : 0)) > 1e-8) ||
    !(scale > 0)
  )
    throw new LabError('argument', 'linearAutoencoder: the columns are orthonormal and scale is positive', {
      argument: 'basis',
      hint: 'linalg64.qr gives orthonormal columns',
    });
  const matrix = (factor: number): Tensor =>
    tf.tensor(
      Float32Array.from(basis.data, (value) => value * factor),
      [p, d],
    );
  const offset = (): Tensor => tf.tensor(Float32Array.from(centre), [1, p]);
  return {
    basis,
    mean: centre,
    scale,
    imageShape: image,
    encode(images) {
      if (images.size !== images.shape[0] * p)
        throw new LabError('shape', 'the images are not of the size that this autoencoder was made for', {
          expected: [images.shape[0], ...image],
          received: images.shape,
        });
      return tf.tidy(() =>
        tf.matMul(tf.sub(tf.reshape(images, [images.shape[0], p]), offset()), matrix(1 / scale)),
      );
    },
    decode: (latents) =>
      tf.tidy(() =>
        tf.reshape(tf.add(tf.matMul(latents, tf.transpose(matrix(scale))), offset()), [
          latents.shape[0],
          ...image,
        ]),
      ),
    encode64: (images) =>
      fromExamples(
        rowsOf(images, p).map((row) =>
          applyTransposed(
            basis,
            row.map((value, i) => (value - centre[i]!) / scale),
          ),
        ),
        [images.shape[0]!, d],
      ),
    decode64: (latents) =>
      fromExamples(
        rowsOf(latents, d).map((row) => apply(basis, row).map((value, i) => scale * value + centre[i]!)),
        [latents.shape[0]!, ...image],
      ),
  };
}

/**
 * The linear autoencoder of least squared error on some images (principal components), scaled so that latents have a
 * standard deviation of 1 on average.
 *
 * @param images [N, H, W, C] with N above `size`
 * @throws LabError `argument` when there are too few images
 */
export function pcaAutoencoder(images: Array64, { size }: { readonly size: number }): LinearAutoencoder {
  const [count, ...imageShape] = images.shape as [number, ...number[]];
  const p = imageShape.reduce((product, each) => product * each, 1);
  if (!(Number.isInteger(size) && size >= 1 && size <= p && count > size))
    throw new LabError(
      'argument',
      'pcaAutoencoder: size is at most the number of pixels, and fewer than images',
      {
        argument: 'size',
        received: size,
        expected: `1 to ${Math.min(p, count - 1)}`,
      },
    );
  const rows = rowsOf(images, p);
  const mean = new Float64Array(p);
  for (const row of rows) row.forEach((value, i) => (mean[i]! += value / count));
  const centred = fromExamples(
    rows.map((row) => row.map((value, i) => value - mean[i]!)),
    [count, p],
  );
  const { values, vectors } = symmetricEigen(matmul(transpose(centred), centred));
  const order = [...values.keys()].sort((a, b) => values[b]! - values[a]!).slice(0, size);
  const data = new Float64Array(p * size);
  for (let i = 0; i < p; i++) order.forEach((k, j) => (data[i * size + j] = vectors.data[i * p + k]!));
  // The mean of the latents' deviations, not of their variances: the first direction would drown the others.
  const scale = order.reduce((sum, k) => sum + Math.sqrt(Math.max(0, values[k]!) / count), 0) / size;
  return linearAutoencoder({ basis: { shape: [p, size], data }, mean, scale, imageShape });
}
