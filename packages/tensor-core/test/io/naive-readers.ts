/*
 * Readers that check nothing, element by element, written apart from the real ones: where a damaged file is accepted,
 * this is what it says.
 */

export interface Naive {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly data: ArrayLike<number | bigint>;
}

type Get = (view: DataView, at: number, little: boolean) => number | bigint;
const getters: Record<string, [width: number, get: Get]> = {
  float64: [8, (view, at, little) => view.getFloat64(at, little)],
  float32: [4, (view, at, little) => view.getFloat32(at, little)],
  float16: [2, (view, at, little) => view.getUint16(at, little)],
  bfloat16: [2, (view, at, little) => view.getUint16(at, little)],
  int64: [8, (view, at, little) => view.getBigInt64(at, little)],
  int32: [4, (view, at, little) => view.getInt32(at, little)],
  int16: [2, (view, at, little) => view.getInt16(at, little)],
  int8: [1, (view, at) => view.getInt8(at)],
  uint64: [8, (view, at, little) => view.getBigUint64(at, little)],
  uint32: [4, (view, at, little) => view.getUint32(at, little)],
  uint16: [2, (view, at, little) => view.getUint16(at, little)],
  uint8: [1, (view, at) => view.getUint8(at)],
  bool: [1, (view, at) => view.getUint8(at)],
};

const long: Record<string, string> = { F: 'float', f: 'float', I: 'int', i: 'int', U: 'uint', u: 'uint' };
const product = (shape: readonly number[]): number => shape.reduce((size, axis) => size * axis, 1);

export function naiveSafetensors(bytes: Uint8Array): Map<string, Naive> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const arrays = new Map<string, Naive>();
  for (const [name, { dtype: short, shape, data_offsets: offsets }] of Object.entries<any>(header)) {
    if (name === '__metadata__') continue;
    const dtype =
      short === 'BOOL' ? 'bool' : short === 'BF16' ? 'bfloat16' : `${long[short[0]]!}${short.slice(1)}`;
    const [width, get] = getters[dtype]!;
    const data = Array.from({ length: product(shape) }, (_, i) =>
      get(view, 8 + length + offsets[0] + i * width, true),
    );
    arrays.set(name, { shape, dtype, data });
  }
  return arrays;
}

export function naiveNpy(bytes: Uint8Array): Naive {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [start, length] = bytes[6] === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  const header = new TextDecoder().decode(bytes.subarray(start, start + length));
  const descr = /descr['"]\s*:\s*['"](.)(.)(\d)/.exec(header)!;
  const shape = (/\(([^)]*)\)/.exec(header)![1]!.match(/\d+/g) ?? []).map(Number);
  const dtype = descr[2] === 'b' ? 'bool' : `${long[descr[2]!]!}${8 * Number(descr[3])}`;
  const [width, get] = getters[dtype]!;
  const columnMajor = /fortran_order['"]\s*:\s*True/.test(header);
  const data = Array.from({ length: product(shape) }, (_, i) => {
    let rest = i;
    let place = 0;
    // index along each axis from the last, and where Fortran puts it
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += (rest % shape[axis]!) * product(shape.slice(0, axis));
      rest = Math.floor(rest / shape[axis]!);
    }
    return get(view, start + length + (columnMajor ? place : i) * width, descr[1] !== '>');
  });
  return { shape, dtype, data };
}
