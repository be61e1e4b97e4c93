import { LabError } from '../errors';
import { tf, type Tensor } from '../tf';

export interface Spectrum {
  readonly real: Tensor;
  readonly imag: Tensor;
}

/**
 * Discrete Fourier transform along the last axis, differentiable to every order, on pairs of real tensors: gradients
 * of TensorFlow.js cannot be complex, so those of `tf.spectral.fft` do not exist.
 *
 * @param real real parts, `[..., n]`
 * @param imag imaginary parts of the same shape; zeros if absent
 * @returns `X_k = sum_j x_j exp(-2 pi i j k / n)`, two tensors of the same shape
 * @throws LabError `shape` when the parts differ in shape or are scalars
 * @example
 * const { real, imag } = fft(signal);
 */
export function fft(real: Tensor, imag: Tensor = tf.zerosLike(real)): Spectrum {
  return transform('fft', real, imag);
}

/**
 * The inverse of {@link fft}, scaled by `1 / n`.
 *
 * @throws LabError `shape` when the parts differ in shape or are scalars
 * @example
 * ifft(...Object.values(fft(signal))).real; // the signal again
 */
export function ifft(real: Tensor, imag: Tensor = tf.zerosLike(real)): Spectrum {
  return transform('ifft', real, imag);
}

function transform(name: 'fft' | 'ifft', real: Tensor, imag: Tensor): Spectrum {
  if (real.rank === 0 || !tf.util.arraysEqual(real.shape, imag.shape))
    throw new LabError(
      'shape',
      `${name}: real and imaginary parts must have one shape, of at least one axis`,
      {
        received: [real.shape, imag.shape],
      },
    );
  return tf.tidy(() => {
    const [first, second] = tf.unstack(onPairs[name](tf.stack([real, imag]))) as [Tensor, Tensor];
    return { real: first, imag: second } as never;
  });
}

type OnPairs = (pair: Tensor) => Tensor;

/** As a matrix the transform F is symmetric, and its adjoint is n times its inverse; on pairs, adjoint is transpose. */
const onPairs: Record<'fft' | 'ifft', OnPairs> = {
  fft: differentiable(tf.spectral.fft, (dy) => tf.mul(onPairs.ifft(dy), lengthOf(dy))),
  ifft: differentiable(tf.spectral.ifft, (dy) => tf.div(onPairs.fft(dy), lengthOf(dy))),
};

function differentiable(run: OnPairs, backward: OnPairs): OnPairs {
  return tf.customGrad((pair) => ({ value: complexTransform(pair as Tensor, run), gradFunc: backward }));
}

function lengthOf(x: Tensor): number {
  return x.shape.at(-1) as number;
}

function complexTransform(pair: Tensor, run: (x: Tensor) => Tensor): Tensor {
  const [real, imag] = tf.unstack(pair) as [Tensor, Tensor];
  const found = run(tf.complex(real, imag));
  return tf.stack([tf.real(found), tf.imag(found)]);
}
