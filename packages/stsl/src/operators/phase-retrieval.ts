import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { applyAxes, weightMatrix } from './axes';
import type { MeasurementOperator } from './types';

export interface PhaseRetrievalOptions {
  /**
   * Sides of the zero-padded image over those of the image, at least 1: 1.5 as in DPS's configuration, 2 for a measurement that
   * determines nearly every image up to its symmetries. @default 1.5
   */
  readonly oversampling?: number;
}

/**
 * Fourier phase retrieval: the magnitudes |F x| of the orthonormal discrete Fourier transform of each channel, zero-padded to
 * `oversampling` times its sides (Chung et al. 2023, "Diffusion Posterior Sampling", appendix B). The zero frequency is at [0, 0].
 * Sign, and shifts and half turns within the padding, leave no trace.
 *
 * Not linear, so it has no adjoint: for methods of gradients alone. The first guess is the flat image of the measured mean; `init:
 * 'noise'` is the usual start.
 *
 * @throws LabError `argument` for an oversampling below 1
 */
export function phaseRetrieval({ oversampling = 1.5 }: PhaseRetrievalOptions = {}): MeasurementOperator {
  if (!(oversampling >= 1 && Number.isFinite(oversampling)))
    throw new LabError('argument', 'phaseRetrieval: oversampling is at least 1', {
      argument: 'oversampling',
      received: oversampling,
    });
  const padded = (side: number): number => Math.round(oversampling * side);
  const own = (side: number): number => Math.round(side / oversampling);
  return {
    name: `phase retrieval x${oversampling}`,
    measurementShape: ([height = 0, width = 0, channels = 0]) => [padded(height), padded(width), channels],
    forward(x) {
      const [, height, width] = x.shape as [number, number, number];
      const [down, across] = [wave(padded(height), height), wave(padded(width), width)];
      return tf.tidy(() => {
        const part = (rows: keyof Wave, columns: keyof Wave): Tensor =>
          applyAxes(x, { rows: down[rows], columns: across[columns] });
        const real = tf.sub(part('cosine', 'cosine'), part('sine', 'sine'));
        const imaginary = tf.add(part('cosine', 'sine'), part('sine', 'cosine'));
        // A magnitude of 0 has no gradient: there it is 0.
        return tf.sqrt(tf.add(tf.add(tf.square(real), tf.square(imaginary)), 1e-12));
      });
    },
    initFrom(y) {
      const [, high, wide] = y.shape as [number, number, number];
      const [height, width] = [own(high), own(wide)];
      return tf.tidy(() => {
        const zero = tf.slice(y, [0, 0, 0, 0], [-1, 1, 1, -1]);
        const mean = tf.mul(zero, Math.sqrt(high * wide) / (height * width));
        return tf.tile(mean, [1, height, width, 1]);
      });
    },
  };
}

interface Wave {
  readonly cosine: Array64;
  readonly sine: Array64;
}

/** One axis of the transform: [frequencies, size]; the padding's columns are left out, as they meet zeros. */
function wave(frequencies: number, size: number): Wave {
  const of = (turn: (angle: number) => number): Array64 =>
    weightMatrix(frequencies, size, (k) =>
      Array.from({ length: size }, (_, n) => {
        const angle = (2 * Math.PI * ((k * n) % frequencies)) / frequencies;
        return [n, turn(angle) / Math.sqrt(frequencies)] as const;
      }),
    );
  return { cosine: of(Math.cos), sine: of(Math.sin) };
}
