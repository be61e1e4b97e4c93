import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { key } from '@lab/tensor-core/random';
import {
  loadGsm8k,
  loadMobyDick,
  loadProsqa,
  loadStateOfTheUnion,
  loadTinyShakespeare,
  loadWikitext2,
} from '../../src/node/index';
import {
  describeSplit,
  detokenizers,
  detokenizeWikitext,
  characterTokenizer,
  listTexts,
  splitDocuments,
  tokenChunks,
} from '../../src/text/index';

const beside = join(import.meta.dirname, '..', '..', '..', '..', '..', 'shared', 'data');
const folder = process.env.LAB_DATA_DIR ?? (existsSync(beside) ? beside : undefined);
const has = (file: string): boolean => folder !== undefined && existsSync(join(folder, file));

describe('texts of npm packages', () => {
  test('State of the Union: 233 addresses of 43 presidents', async () => {
    const { documents, licence } = await loadStateOfTheUnion();
    // Counted with `ls` and `wc -m`.
    expect(documents).toHaveLength(233);
    expect(new Set(documents.map(({ author }) => author)).size).toBe(43);
    expect(documents[0]).toMatchObject({ author: 'George Washington', year: 1790 });
    expect(documents.at(-1)).toMatchObject({ author: 'Joseph R Biden', year: 2021 });
    expect(documents.map(({ year }) => year)).toEqual(
      documents.map(({ year }) => year!).sort((a, b) => a - b),
    );
    expect(licence).toMatch(/public domain/);
  });

  test('Moby-Dick: 135 chapters in order, between the extracts and the epilogue', async () => {
    const { documents } = await loadMobyDick();
    expect(documents.map(({ name }) => name)).toEqual([
      'etymology',
      'extracts',
      ...Array.from({ length: 135 }, (_, i) => `chapter ${i + 1}`),
      'epilogue',
    ]);
    expect(documents[2]!.text).toContain('Call me Ishmael.');
    expect(documents.at(-1)!.text).toContain('another orphan');
  });

  test('another folder is refused, by its checksum', async () => {
    await expect(loadMobyDick({ path: import.meta.dirname })).rejects.toThrow(/not the file/);
    await expect(loadMobyDick({ path: join(import.meta.dirname, 'none') })).rejects.toThrow(/no folder/);
  });

  test('every set says its licence and the checksum of each file', () => {
    for (const { licence, files } of listTexts()) {
      expect(licence).not.toBe('');
      for (const { checksum } of files) expect(checksum).toMatch(/^[0-9a-f]{64}$/);
    }
  });
});

describe(`texts of a folder${folder === undefined ? ' (skipped: set LAB_DATA_DIR)' : ''}`, () => {
  test.skipIf(!has('wikitext2-valid.txt'))('WikiText-2: 60 articles each, their spaces undone', async () => {
    const valid = await loadWikitext2(folder!);
    expect(valid.documents).toHaveLength(60);
    expect(valid.documents[0]!.text).toContain(
      'a length of 60 cm (24 in) and a mass of 6 kilograms (13 lb), and',
    );
    expect((await loadWikitext2(folder!, { split: 'test' })).documents).toHaveLength(60);
    const raw = await loadWikitext2(folder!, { detokenize: false });
    // 1,121,681 bytes, of which the first line is blank; UTF-8 has more bytes than characters.
    expect(raw.documents.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThan(1_121_681);
  });

  test.skipIf(!has('tinyshakespeare.txt'))('Tiny Shakespeare: 1,115,394 characters', async () => {
    const { documents } = await loadTinyShakespeare(folder!);
    expect(documents[0]!.text).toHaveLength(1_115_394);
  });

  test.skipIf(!has('gsm8k-test.jsonl'))('GSM8K: calculations and answers', async () => {
    const { items } = await loadGsm8k(folder!, { split: 'test' });
    expect(items).toHaveLength(1319);
    expect(items[0]).toMatchObject({ steps: ['16-3-4=9', '9*2=18'], answer: '18' });
    expect(items.filter(({ answer }) => !/^-?[\d.]+$/.test(answer))).toEqual([]);
  });

  test.skipIf(!has('prosqa-valid.json'))('ProsQA: each reasoning is a path of its graph', async () => {
    const { items } = await loadProsqa(folder!);
    expect(items).toHaveLength(300);
    for (const { names, edges, root, target, answer, steps } of items) {
      expect(answer).toBe(`${names[root]} is a ${names[target]}.`);
      const pairs = new Set(edges.map(([from, to]) => `${names[from]} ${names[to]}`));
      for (const step of steps) {
        const [, from, to] = /^(?:Every )?(\S+) is a (\S+)\.$/.exec(step)!;
        expect(pairs).toContain(`${from} ${to}`);
      }
    }
    expect((await loadProsqa(folder!, { split: 'test' })).items).toHaveLength(500);
  });
});

describe('detokenisers', () => {
  // Rules of the published evaluations: spec of the metrics, "Zero-shot PPL".
  test.each([
    ['wikitext', 'the 5 @-@ inch , 1 @,@ 000 m gun ( 3 @.@ 5 t ) ;', 'the 5-inch, 1,000 m gun (3.5 t);'],
    ['wikitext', 'He said " go home " to <unk> \'s dog', 'He said "go home" to ?\'s dog'],
    ['ptb', "the company said N shares are n't -lrb- sold -rrb-", "the company said 1 shares aren't (sold)"],
    ['lm1b', 'It does n\'t work , he said : " no " .', 'It doesn\'t work, he said: "no".'],
    ['lambada', '“ It ’s late , ” she said', '\n" It \'s late , " she said'],
    ['none', ' as , it is ', ' as , it is '],
  ] as const)('%s: %s', (name, from, to) => {
    expect(detokenizers[name](from)).toBe(to);
  });

  test('what has no tokenised spacing is left as it is', () => {
    const plain = 'A plain sentence, (as it is) with "quotes": no more; nor less.\n';
    expect(detokenizeWikitext(plain)).toBe(plain);
  });
});

const documents = Array.from({ length: 20 }, (_, i) => ({
  name: `d${i}`,
  text: 'abcdefghij'.slice(0, 1 + (i % 10)),
}));

test('a split is by document, without one lost or twice, and the same for a key', () => {
  const split = splitDocuments(documents, { key: key(3), validation: 0.2, test: 0.1 });
  expect([split.train.length, split.validation.length, split.test.length]).toEqual([14, 4, 2]);
  const names = [...split.train, ...split.validation, ...split.test].map(({ name }) => name);
  expect(names.sort()).toEqual(documents.map(({ name }) => name).sort());
  expect(splitDocuments(documents, { key: key(3), validation: 0.2, test: 0.1 })).toEqual(split);
  expect(describeSplit(split)).toMatch(/^train: 14 documents, \d+ characters\nvalidation: 4 documents/);
  expect(() => splitDocuments(documents, { key: key(0), validation: 0.6, test: 0.6 })).toThrow(/no document/);
});

describe('chunks', () => {
  const tokenizer = characterTokenizer('abcdefghij');
  const e = tokenizer.eosId;

  test('wrapped: length - 2 tokens of text between two ends, documents ended', () => {
    const { ids, count, dropped } = tokenChunks([{ text: 'abc' }, { text: 'de' }], { tokenizer, length: 5 });
    expect([...ids]).toEqual([e, 0, 1, 2, e, e, e, 3, 4, e]);
    // Seven tokens: abc, end, de, end; two chunks of three, one left.
    expect([count, dropped]).toEqual([2, 1]);
  });

  test('not wrapped', () => {
    const { ids, dropped } = tokenChunks([{ text: 'abcde' }], {
      tokenizer,
      length: 2,
      wrap: false,
      endDocuments: false,
    });
    expect([...ids]).toEqual([0, 1, 2, 3]);
    expect(dropped).toBe(1);
  });

  test.each([
    [2, /at least one token/],
    [100, /shorter than one chunk/],
  ])('a length of %d is refused', (length, sentence) => {
    expect(() => tokenChunks([{ text: 'abc' }], { tokenizer, length })).toThrow(sentence);
  });
});
