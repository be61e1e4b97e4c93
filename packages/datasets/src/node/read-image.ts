import { readFile } from 'node:fs/promises';
import { LabError, isLabError } from '@lab/tensor-core/errors';
import { decodeImage, kindOf, withChannels, type DecodeImageOptions } from '../images/decode-image';
import type { ImageArray } from '../images/image';

/**
 * An image file as values in [0, 1]: PNG and JPEG by themselves; WebP, and the orientation that a camera noted, where the npm
 * package sharp is installed.
 *
 * @throws LabError `missing` when there is no file, or no sharp for a WebP file, `format` for others and broken ones
 * @example
 * const photo = await readImage('photo.jpg');
 */
export async function readImage(path: string, options: DecodeImageOptions = {}): Promise<ImageArray> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new LabError('missing', `there is no file ${path}`, { argument: 'path', received: path, cause });
  }
  // Every other kind is left to decodeImage, whose message says what it reads.
  const decode = kindOf(bytes) === 'webp' || kindOf(bytes) === 'jpeg' ? await sharpDecoder() : undefined;
  if (decode) return decode(bytes, options);
  if (kindOf(bytes) === 'webp')
    throw new LabError('missing', 'reading WebP needs the npm package sharp', {
      received: path,
      hint: 'npm install sharp',
    });
  return decodeImage(bytes, options);
}

type Decoder = (bytes: Uint8Array, options: DecodeImageOptions) => Promise<ImageArray>;

async function sharpDecoder(): Promise<Decoder | undefined> {
  let sharp: typeof import('sharp').default;
  try {
    sharp = (await import('sharp')).default;
  } catch {
    return undefined;
  }
  return async (bytes, { channels = 3, maxPixels = 1e8 }) => {
    try {
      const { data, info } = await sharp(bytes, { limitInputPixels: maxPixels })
        .rotate()
        .toColourspace('srgb')
        .raw()
        .toBuffer({ resolveWithObject: true });
      return withChannels({ ...info, samples: data, full: 255 }, channels);
    } catch (cause) {
      if (isLabError(cause)) throw cause;
      throw new LabError('format', `the image file cannot be read: ${(cause as Error).message}`, { cause });
    }
  };
}
