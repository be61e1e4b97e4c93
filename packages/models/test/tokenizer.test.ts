import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test as property, fc } from '@fast-check/vitest';
import { keptLengths, textTokenizer, type TextInput, type Truncation } from '@lab/models/tokenizer';
import { loadGolden } from '@lab/testing';
import { describe, expect, test } from 'vitest';

interface Encodings {
  readonly singles: { text: string; ids: number[]; bare: number[]; decoded: string }[];
  readonly pairs: { pair: [string, string]; ids: number[] }[];
  readonly batches: {
    maxLength: number;
    truncation: Truncation;
    pairs: [string, string][];
    ids: number[][];
    mask: number[][];
    types: number[][];
  }[];
  readonly fixed: { length: number; texts: string[]; ids: number[][]; mask: number[][] };
}

const golden = loadGolden<Encodings>(import.meta.dirname, 'encodings');
const file = JSON.parse(readFileSync(join(import.meta.dirname, 'golden', 'tokenizer.json'), 'utf8'));
const tokenizer = textTokenizer(file);
const rows = ({ shape, data }: { shape: readonly number[]; data: Int32Array }): number[][] =>
  Array.from({ length: shape[0]! }, (_, i) => [...data.subarray(i * shape[1]!, (i + 1) * shape[1]!)]);

describe('equal to the tokenizers library', () => {
  test.each(golden.singles)('$text', ({ text, ids, bare, decoded }) => {
    expect(tokenizer.ids(text)).toEqual(ids);
    expect(tokenizer.ids(text, { special: false })).toEqual(bare);
    expect(tokenizer.decode(ids, { skipSpecial: true })).toBe(decoded);
  });

  test.each(golden.pairs)('pair $pair', ({ pair, ids }) => {
    expect(tokenizer.ids(pair)).toEqual(ids);
  });

  test.each(golden.batches)(
    'truncated to $maxLength, $truncation',
    ({ maxLength, truncation, pairs, ids, mask, types }) => {
      expect(pairs.length).toBeGreaterThan(0);
      const encoded = tokenizer.encode(pairs, { maxLength, truncation });
      expect(rows(encoded.ids)).toEqual(ids);
      expect(rows(encoded.mask)).toEqual(mask);
      expect(rows(encoded.types)).toEqual(types);
    },
  );

  test('cut and filled to one length', () => {
    const { length, texts, ids, mask } = golden.fixed;
    const encoded = tokenizer.encode(texts, { maxLength: length, padTo: length });
    expect(rows(encoded.ids)).toEqual(ids);
    expect(rows(encoded.mask)).toEqual(mask);
  });
});

describe('properties', () => {
  property.prop([fc.string({ unit: 'binary' })])(
    'decoding gives any text back, where it has no special token in it',
    (text) => {
      fc.pre(!/<s>|<pad>|<\/s>|<unk>|<mask>/.test(text));
      expect(tokenizer.decode(tokenizer.ids(text, { special: false }))).toBe(text);
    },
  );

  property.prop([fc.nat(40), fc.nat(40), fc.nat(60)])(
    'kept lengths fill the room as evenly as they can',
    (a, b, room) => {
      const [n, m] = keptLengths([a, b], room, 'longest_first');
      expect(n + m).toBe(Math.min(a + b, room));
      expect(n <= a && m <= b).toBe(true);
      // Only a text that was cut may be the shorter one by more than a token.
      if (n < a) expect(n).toBeGreaterThanOrEqual(Math.min(m, b) - 1);
      if (m < b) expect(m).toBeGreaterThanOrEqual(Math.min(n, a) - 1);
    },
  );
});

describe('refusals', () => {
  test('what is no tokenizer, has no room, cannot be cut or is too long', () => {
    expect(() => textTokenizer({ model: 1 })).toThrow(/tokenizer.json/);
    expect(() => textTokenizer(null)).toThrow(/tokenizer.json/);
    expect(() => tokenizer.ids('a', { maxLength: 1 })).toThrow(/from 2.*received: 1/s);
    expect(() =>
      tokenizer.ids(['a b c d e f g h', 'x'], { maxLength: 6, truncation: 'only_second' }),
    ).toThrow(/longest_first/);
    expect(() => tokenizer.encode(['a b c d'], { padTo: 3 })).toThrow(/padTo.*maxLength/s);
    const unpadded = textTokenizer({ ...file, added_tokens: [], padding: null, post_processor: null });
    const bare: TextInput[] = ['a', 'a b'];
    expect(() =>
      textTokenizer({
        ...file,
        added_tokens: [],
        post_processor: null,
        padding: null,
        model: { ...file.model, vocab: { ...file.model.vocab, '<pad>': undefined } },
      }).encode(bare),
    ).toThrow(/padding/);
    expect(unpadded.encode([]).ids.shape).toEqual([0, 0]);
  });
});
