import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';

const hint = 'bytes become x / 127.5 - 1, and images in [0, 1] 2 x - 1';

/**
 * Refuses images that cannot be in [-1, 1]; resizing may overshoot by a little.
 *
 * @throws LabError `argument`
 */
export function assertImageRange({ data }: Array64, argument: string): void {
  let largest = 0;
  for (const value of data) largest = Math.max(largest, Math.abs(value));
  if (largest <= 1.05) return;
  throw new LabError('argument', `${argument}: images have values in [-1, 1]`, {
    argument,
    expected: 'at most 1.05 in size',
    received: largest,
    hint,
  });
}

/**
 * Refuses a measurement whose first guess of the image is far beyond [-1, 1]: noise adds something to it, but not that much.
 *
 * @throws LabError `argument`
 */
export async function assertMeasurementScale(guess: Tensor): Promise<void> {
  const size = tf.tidy(() => tf.sqrt(tf.mean(tf.square(guess))));
  const received = (await size.data())[0]!;
  size.dispose();
  if (received <= 4) return;
  throw new LabError('argument', 'the measurement is none of images in [-1, 1]', {
    argument: 'y',
    expected: 'a first guess of root mean square at most 4',
    received,
    hint,
  });
}
