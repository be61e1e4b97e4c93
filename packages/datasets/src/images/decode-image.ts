import { LabError } from '@lab/tensor-core/errors';
import { convertIndexedToRgb, decode as decodePng } from 'fast-png';
import jpeg from 'jpeg-js';
import type { ImageArray } from './image';

export interface DecodeImageOptions {
  /** 3 for red, green and blue, 1 for grey (0.299 R + 0.587 G + 0.114 B). @default 3 */
  readonly channels?: 1 | 3;
  /** Largest number of pixels that is decoded, against files that claim to be huge. @default 1e8 */
  readonly maxPixels?: number;
}

/**
 * An image from the bytes of a PNG or JPEG file, as values in [0, 1]. Transparency is laid over white; 16-bit files keep
 * their precision; the orientation that a camera noted is not applied.
 *
 * @throws LabError `format` for other files and broken ones, `argument` for more than `maxPixels`
 * @example
 * const { shape, data } = decodeImage(await readFile('photo.jpg'));
 */
export function decodeImage(
  bytes: Uint8Array,
  { channels = 3, maxPixels = 1e8 }: DecodeImageOptions = {},
): ImageArray {
  const kind = kindOf(bytes);
  if (kind !== 'png' && kind !== 'jpeg')
    throw new LabError('format', `decodeImage reads PNG and JPEG; this is ${kind ?? 'neither'}`, {
      argument: 'bytes',
      received: `${bytes.length} bytes, first ${Array.from(bytes.subarray(0, 4)).join(' ')}`,
      ...(kind === 'webp' ? { hint: 'readImage of @lab/datasets/node reads it with sharp installed' } : {}),
    });
  return withChannels(kind === 'png' ? png(bytes, maxPixels) : jpg(bytes, maxPixels), channels);
}

/** What the first bytes of a file say that it is. */
export function kindOf(bytes: Uint8Array): 'png' | 'jpeg' | 'webp' | undefined {
  const starts = (...magic: number[]): boolean => magic.every((byte, i) => bytes[i] === byte);
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'png';
  if (starts(0xff, 0xd8, 0xff)) return 'jpeg';
  const webp = starts(0x52, 0x49, 0x46, 0x46) && [0x57, 0x45, 0x42, 0x50].every((b, i) => bytes[8 + i] === b);
  return webp ? 'webp' : undefined;
}

/** Samples as they stand in a file: `channels` of them a pixel, the last one alpha when there are 2 or 4. */
export interface RawImage {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly samples: ArrayLike<number>;
  /** The sample that means 1. */
  readonly full: number;
}

function png(bytes: Uint8Array, maxPixels: number): RawImage {
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length >= 24) assertPixels(header.getUint32(16), header.getUint32(20), maxPixels);
  return reading('PNG', () => {
    const { width, height, depth, data, ...rest } = decodePng(bytes);
    if (rest.palette) {
      const channels = rest.palette[0]?.length ?? 3;
      const samples = convertIndexedToRgb({ width, height, depth, data, ...rest });
      return { width, height, channels, samples, full: 255 };
    }
    const samples = depth < 8 ? unpacked(data as Uint8Array, { width, height, depth }) : data;
    return { width, height, channels: rest.channels, samples, full: 2 ** depth - 1 };
  });
}

/** Grey samples of 1, 2 or 4 bits, each row beginning at a byte. */
function unpacked(
  data: Uint8Array,
  { width, height, depth }: { width: number; height: number; depth: number },
): Uint8Array {
  const rowBytes = Math.ceil((width * depth) / 8);
  return Uint8Array.from({ length: width * height }, (_, at) => {
    const [i, bit] = [Math.floor(at / width), (at % width) * depth];
    const byte = data[i * rowBytes + (bit >> 3)]!;
    return (byte >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
  });
}

function jpg(bytes: Uint8Array, maxPixels: number): RawImage {
  return reading('JPEG', () => {
    const options = { useTArray: true, formatAsRGBA: false, maxResolutionInMP: maxPixels / 1e6 } as const;
    const { width, height, data } = jpeg.decode(bytes, { ...options, maxMemoryUsageInMB: 4096 });
    return { width, height, channels: 3, samples: data, full: 255 };
  });
}

function assertPixels(width: number, height: number, maxPixels: number): void {
  if (width * height > maxPixels)
    throw new LabError('argument', 'the image has more pixels than maxPixels', {
      argument: 'maxPixels',
      received: `${width} x ${height}`,
      expected: `at most ${maxPixels}`,
    });
}

function reading(kind: string, read: () => RawImage): RawImage {
  let image: RawImage;
  try {
    image = read();
  } catch (cause) {
    throw new LabError('format', `the ${kind} file is broken: ${(cause as Error).message}`, { cause });
  }
  const { width, height, channels, samples } = image;
  if (!(width > 0 && height > 0) || samples.length !== width * height * channels)
    throw new LabError('format', `the ${kind} file has not as many samples as it says`, {
      expected: `${width} x ${height} x ${channels}`,
      received: samples.length,
    });
  return image;
}

/** Values in [0, 1] with the channels that are asked for, transparency over white. */
export function withChannels(raw: RawImage, channels: 1 | 3): ImageArray {
  const { width, height, samples, full } = raw;
  const alphaAt = raw.channels === 2 || raw.channels === 4 ? raw.channels - 1 : undefined;
  const grey = raw.channels < 3;
  const data = new Float64Array(width * height * channels);
  const colour = [0, 0, 0];
  for (let pixel = 0; pixel < width * height; pixel++) {
    const at = pixel * raw.channels;
    const alpha = alphaAt === undefined ? 1 : samples[at + alphaAt]! / full;
    for (let c = 0; c < 3; c++) colour[c] = 1 - alpha + (alpha * samples[at + (grey ? 0 : c)]!) / full;
    if (channels === 3) data.set(colour, pixel * 3);
    else data[pixel] = grey ? colour[0]! : 0.299 * colour[0]! + 0.587 * colour[1]! + 0.114 * colour[2]!;
  }
  return { shape: [height, width, channels], data };
}
