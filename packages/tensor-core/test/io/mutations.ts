import * as random from '../../src/random';

/** Numbers that break careless length arithmetic. */
const extremes = [
  0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
];
/** Texts that a header of JSON or of Python may take the wrong way. */
const texts = [
  '{',
  '}',
  '[',
  ']',
  '(',
  ')',
  '"',
  "'",
  ':',
  ',',
  '-',
  '.',
  'e9',
  '0',
  '9',
  '99999999999999999999',
  '18446744073709551616',
  '__proto__',
  'constructor',
  'null',
  'True',
  'F32',
  'BOOL',
  'I64',
  '<f8',
  '>f4',
  '|O',
  '\\u0000',
  '\u00ff',
];

/** Damages a copy of `bytes` in one to three ways, all of them decided by `key`. */
export function mutate(bytes: Uint8Array, key: random.Key): Uint8Array {
  const words = random.bits(key, 40);
  let next = 0;
  const below = (limit: number): number => words[next++]! % Math.max(1, limit);
  // most damage goes where the structure is: into the first 300 or the last 400 bytes
  const place = (): number => {
    const zone = below(4);
    if (zone === 0) return below(bytes.length);
    return zone < 3 ? below(Math.min(300, bytes.length)) : Math.max(0, bytes.length - 1 - below(400));
  };
  let result = bytes.slice();
  const splice = (at: number, remove: number, insert: ArrayLike<number> = []): void => {
    const kept = Math.min(result.length, at + remove);
    const joined = new Uint8Array(at + insert.length + result.length - kept);
    joined.set(result.subarray(0, at));
    joined.set(insert, at);
    joined.set(result.subarray(kept), at + insert.length);
    result = joined;
  };
  for (let times = 1 + below(3); times > 0; times--) {
    const at = Math.min(place(), Math.max(0, result.length - 1));
    const how = below(9);
    if (how === 0) result[at]! ^= 1 << below(8);
    else if (how === 1) result[at] = below(256);
    else if (how === 2) result = result.slice(0, at);
    else if (how === 3) splice(at, 1 + below(16));
    else if (how === 4) splice(at, 0, result.slice(at, at + 1 + below(64)));
    else if (how === 5) splice(result.length, 0, result.slice(0, below(64)));
    else if (how === 6) {
      const value = extremes[below(extremes.length)]!;
      for (let i = 0; i < [1, 2, 4, 8][below(4)]!; i++)
        result[at + i] = i < 4 ? (value >>> (8 * i)) & 255 : 0;
    } else if (how === 7) {
      const text = new TextEncoder().encode(texts[below(texts.length)]);
      splice(at, below(2) * text.length, text);
    } else {
      // another digit in place of one: headers that stay well-formed and lie
      const digit = result.findIndex((byte, i) => i >= at && byte >= 48 && byte <= 57);
      if (digit >= 0) result[digit] = 48 + below(10);
    }
  }
  return result;
}
