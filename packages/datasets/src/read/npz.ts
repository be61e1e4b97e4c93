import { LabError } from '@lab/tensor-core/errors';
import { readNpz, toFloat32, type Bytes, type HostArray } from '@lab/tensor-core/io';
import { seriesOf } from '../series';
import type { Series } from '../types';

export interface ReadSeriesNpzOptions {
  /** Which array of the archive. @default its only one */
  readonly array?: string;
  /** Names of the channels. @default 'c0', 'c1', ... */
  readonly channels?: readonly string[];
  /** What to call the file in errors. @default 'npz' */
  readonly name?: string;
}

/**
 * Reads a series from NumPy's .npz archive: an array [length], [length, channels], or [count, length, channels], whose
 * series become segments, so that windows never span two of them.
 *
 * @throws LabError `format` for a damaged archive, `shape` for another number of axes, `numeric` at a value that is not
 * finite
 * @example
 * const series = readSeriesNpz(await readFile('prices.npz'), { array: 'ohlc', channels: ['open', 'high', 'low', 'close'] });
 */
export function readSeriesNpz(bytes: Bytes, options: ReadSeriesNpzOptions = {}): Series {
  const { name = 'npz' } = options;
  const array = chooseArray(readNpz(bytes), { array: options.array, name });
  const { shape } = array;
  if (shape.length < 1 || shape.length > 3 || shape.includes(0))
    throw new LabError('shape', `${name}: the array is not a series`, {
      received: shape,
      expected: '[length], [length, channels] or [count, length, channels], none of them 0',
    });
  const width = shape.length === 1 ? 1 : shape.at(-1)!;
  const channels = options.channels ?? Array.from({ length: width }, (_, k) => `c${k}`);
  if (channels.length !== width)
    throw new LabError('shape', `${name}: there is not one name a channel`, {
      argument: 'channels',
      received: channels,
      expected: `${width} names`,
    });
  const [count, length] = shape.length === 3 ? [shape[0]!, shape[1]!] : [1, shape[0]!];
  const segments = Array.from({ length: count }, (_, i) => ({ start: i * length, end: (i + 1) * length }));
  return seriesOf(toFloat64(array), { channels, segments });
}

function chooseArray(
  arrays: Readonly<Record<string, HostArray>>,
  { array, name }: { array: string | undefined; name: string },
): HostArray {
  const names = Object.keys(arrays);
  const chosen = array ?? (names.length === 1 ? names[0]! : undefined);
  const found = chosen === undefined ? undefined : arrays[chosen];
  if (found) return found;
  throw new LabError('argument', `${name}: say which array of the archive is the series`, {
    argument: 'array',
    received: array,
    expected: names,
  });
}

function toFloat64(array: HostArray): Float64Array {
  const { dtype, data } = array;
  if (dtype === 'float16' || dtype === 'bfloat16') return Float64Array.from(toFloat32(array).data);
  return Float64Array.from(data as ArrayLike<number | bigint>, Number);
}
