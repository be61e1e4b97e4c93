import { LabError } from '../errors';
import { checkKey, split, type Key } from './key';
import { threefryWords } from './threefry';
import { refuseTraced } from './traced';

/**
 * The numbers 0 to `count - 1` in random order. Equal to `jax.random.permutation(key, count)`: sorted by random words,
 * again and again with new ones until ties in all rounds at once are too rare to matter.
 *
 * @param count a whole number below 2^31
 * @example
 * for (const row of permutation(epochKey, rowCount)) visit(row);
 */
export function permutation(key: Key, count: number): Int32Array<ArrayBuffer> {
  checkKey(key, 'permutation');
  refuseTraced(key, 'permutation');
  if (!Number.isInteger(count) || count < 0 || count >= 2 ** 31)
    throw new LabError('argument', 'permutation: count is a whole number from 0 and below 2^31', {
      argument: 'count',
      received: String(count),
    });
  const rounds = Math.ceil((3 * Math.log(Math.max(1, count))) / Math.log(2 ** 32 - 1));
  let order = Int32Array.from({ length: count }, (_, i) => i);
  let next = key;
  for (let round = 0; round < rounds; round++) {
    const [carried, sortKey] = split(next) as [Key, Key];
    order = sortByWords(order, threefryWords(sortKey, count));
    next = carried;
  }
  return order;
}

const digitBits = 11;
const digits = 1 << digitBits;

/** `order` sorted by the words at the same places, ties in the order they had: radix sort from the lowest digit. */
function sortByWords(
  order: Int32Array<ArrayBuffer>,
  words: Uint32Array<ArrayBuffer>,
): Int32Array<ArrayBuffer> {
  const count = order.length;
  let from = { order, words };
  let to = { order: new Int32Array(count), words: new Uint32Array(count) };
  for (let shift = 0; shift < 32; shift += digitBits) {
    const place = new Uint32Array(digits + 1);
    for (let i = 0; i < count; i++) place[((from.words[i]! >>> shift) & (digits - 1)) + 1]!++;
    for (let digit = 0; digit < digits; digit++) place[digit + 1]! += place[digit]!;
    for (let i = 0; i < count; i++) {
      const word = from.words[i]!;
      const target = place[(word >>> shift) & (digits - 1)]!++;
      to.words[target] = word;
      to.order[target] = from.order[i]!;
    }
    [from, to] = [to, from];
  }
  return from.order;
}
