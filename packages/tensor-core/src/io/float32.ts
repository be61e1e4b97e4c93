import { LabError } from '../errors';
import { checkHostArray, hostArray, type HostArray, type HostArrayLike } from './host-array';

/**
 * The same values in single precision. Exact for halves, bytes, 16-bit integers and booleans; float64 and longer
 * integers are rounded.
 *
 * @throws LabError `numeric` when a finite float64 value is beyond single precision
 */
export function toFloat32(array: HostArrayLike): HostArray<'float32'> {
  checkHostArray(array, 'toFloat32');
  const { dtype, data, shape } = array;
  if (dtype === 'float16') return float32(shape, Float32Array.from(data as Uint16Array, halfToNumber));
  if (dtype === 'bfloat16') {
    const words = Uint32Array.from(data as Uint16Array, (word) => word << 16);
    return float32(shape, new Float32Array(words.buffer));
  }
  const values = Float32Array.from(data as ArrayLike<number | bigint>, Number);
  if (dtype === 'float64') refuseOverflow(data as Float64Array, values);
  return float32(shape, values);
}

function float32(shape: readonly number[], data: Float32Array): HostArray<'float32'> {
  return hostArray({ shape, dtype: 'float32', data });
}

/** IEEE 754 binary16: one sign, five exponent and ten fraction bits. */
function halfToNumber(word: number): number {
  const sign = word & 0x8000 ? -1 : 1;
  const exponent = (word >>> 10) & 0x1f;
  const fraction = word & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

function refuseOverflow(wide: Float64Array, narrow: Float32Array): void {
  const at = wide.findIndex((value, i) => Number.isFinite(value) && !Number.isFinite(narrow[i]));
  if (at >= 0)
    throw new LabError('numeric', 'toFloat32: a value is beyond single precision', {
      received: `${String(wide[at])} at ${at}`,
    });
}
