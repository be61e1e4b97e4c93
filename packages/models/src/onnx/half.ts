/** Words of IEEE 754 binary16 nearest to single-precision values, ties to even. */
export function toHalves(values: ArrayLike<number>): Uint16Array<ArrayBuffer> {
  const single = new Float32Array(1);
  const bits = new Uint32Array(single.buffer);
  return Uint16Array.from(values, (value) => {
    single[0] = value;
    const word = bits[0]!;
    const sign = (word >>> 16) & 0x8000;
    const magnitude = word & 0x7fffffff;
    if (magnitude > 0x7f800000) return sign | 0x7e00;
    // 65520 and above lie nearer to 2^16 than to the largest half.
    if (magnitude >= 0x477ff000) return sign | 0x7c00;
    if (magnitude < 0x38800000) return sign | roundToEven(Math.abs(value) * 2 ** 24);
    // Normal: fewer bits of fraction; a carry goes into the exponent, as it should.
    return sign | roundToEven((magnitude - 0x38000000) / 2 ** 13);
  });
}

function roundToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
