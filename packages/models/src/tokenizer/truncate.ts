import { LabError } from '@lab/tensor-core/errors';

/** Which text of a pair is cut: the longer one first, or one of them alone. */
export type Truncation = 'longest_first' | 'only_first' | 'only_second';

/**
 * How many tokens to keep of each text so that they are `room` together, by the rule of the tokenizers library: the
 * longer gives way until both are as long, of an odd number the longer (or the second) keeps one more.
 *
 * @throws LabError `argument` when the text that may be cut is too short for that
 */
export function keptLengths(
  [first, second]: readonly [number, number],
  room: number,
  truncation: Truncation,
): readonly [number, number] {
  const excess = first + second - room;
  if (excess <= 0) return [first, second];
  if (truncation !== 'longest_first') {
    const cut = truncation === 'only_first' ? first : second;
    // The library refuses to cut a text to nothing.
    if (cut <= excess)
      throw new LabError('argument', 'encode: the text that may be cut is too short', {
        argument: 'truncation',
        received: { truncation, tokens: [first, second] },
        expected: `${room} tokens together, besides special ones`,
        hint: "use 'longest_first', or raise maxLength",
      });
    return truncation === 'only_first' ? [first - excess, second] : [first, second - excess];
  }
  const shorter = Math.min(first, second);
  const isSwapped = first > second;
  let [small, large] = [shorter, shorter > room ? shorter : Math.max(shorter, room - shorter)];
  if (small + large > room) [small, large] = [Math.floor(room / 2), Math.ceil(room / 2)];
  return isSwapped ? [large, small] : [small, large];
}
