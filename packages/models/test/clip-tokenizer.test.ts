import { clipTokenizer } from '@lab/models/tokenizer';
import { loadGolden } from '@lab/testing';
import { expect, test } from 'vitest';

/** By transformers' CLIPTokenizer: `tooling/reference/models/clip_tokenizer.py`. */
const golden = loadGolden<{
  readonly vocabulary: Record<string, number>;
  readonly merges: string[];
  readonly texts: string[];
  readonly ids: number[][];
  readonly bare: number[][];
  readonly length: number;
  readonly filled: number[][];
  readonly cut: number[][];
}>(import.meta.dirname, 'clip-tokenizer');
const { vocabulary, merges, texts, length } = golden;
const rows = ({ shape, data }: { shape: readonly number[]; data: Int32Array }): number[][] =>
  Array.from({ length: shape[0]! }, (_, i) => [...data.subarray(i * shape[1]!, (i + 1) * shape[1]!)]);

test.each(texts.map((text, i) => [text, i] as const))('equal to transformers: %s', (text, i) => {
  const tokenizer = clipTokenizer({ vocabulary, merges });
  expect(tokenizer.ids(text)).toEqual(golden.ids[i]);
  expect(tokenizer.ids(text, { special: false })).toEqual(golden.bare[i]);
});

test('rows are filled with the end of the text, or cut with both ends kept', () => {
  // As merges.txt has them.
  const tokenizer = clipTokenizer({ vocabulary, merges: `#version: 0.2\n${merges.join('\n')}\n` });
  expect(rows(tokenizer.encode(texts, { padTo: length }).ids)).toEqual(golden.filled);
  expect(rows(tokenizer.encode(texts, { maxLength: 9, padTo: 9 }).ids)).toEqual(golden.cut);
});

test('another padding fills rows, and a vocabulary without the ends is refused', () => {
  const other = clipTokenizer({ vocabulary, merges }, { padding: '!' });
  expect(rows(other.encode([''], { padTo: 4 }).ids)[0]!.slice(2)).toEqual([vocabulary['!'], vocabulary['!']]);
  expect(() => clipTokenizer({ vocabulary: { a: 0 }, merges })).toThrow(
    expect.objectContaining({ code: 'format' }),
  );
});
