type Rule = readonly [RegExp, string];

const apply = (rules: readonly Rule[], text: string): string =>
  rules.reduce((all, [pattern, by]) => all.replace(pattern, by), text);

/** Spaces that a tokenised corpus puts between words and signs. */
const signs: readonly Rule[] = [
  [/ ([,.;:!?%)\]])/g, '$1'],
  [/([([$£€#]) /g, '$1'],
  [/ (n't|'s|'m|'d|'ll|'re|'ve)\b/gi, '$1'],
];

/** A pair of straight quotes: the space inside it goes. */
const quotes: readonly Rule[] = [
  [/" ([^"\n]*?) "/g, '"$1"'],
  [/(^|[\s([])' ([^'\n]*?) '(?=[\s,.;:!?)\]]|$)/g, "$1'$2'"],
];

const unknown: Rule = [/<unk>/g, '?'];

/** WikiText: ` @-@ ` is a hyphen, ` @,@ ` and ` @.@ ` belong to numbers, headings keep their equals signs. */
export function detokenizeWikitext(text: string): string {
  return apply(
    [
      [/ @-@ /g, '-'],
      [/ @,@ /g, ','],
      [/ @\.@ /g, '.'],
      [/ 's\b/g, "'s"],
      [/s '(?= |$)/gm, "s'"],
      ...signs,
      ...quotes,
      [/ – (?=\d)/g, '–'],
      [/ \/ /g, '/'],
      [/ N /g, ' 1 '],
      [/^ /gm, ''],
      [/ $/gm, ''],
      unknown,
    ],
    text,
  );
}

/** Penn Treebank: numbers are the letter N, brackets have names, quotes are doubled back and forward ticks. */
export function detokenizePtb(text: string): string {
  return apply(
    [
      [/ N(?=\s|$)/g, ' 1'],
      [/^N /gm, '1 '],
      [/-lrb- ?/gi, '('],
      [/ ?-rrb-/gi, ')'],
      [/`` ?/g, '"'],
      [/ ?''/g, '"'],
      [/\\\//g, '/'],
      [/\$ 1/g, '$1'],
      [/# 1/g, '#1'],
      ...signs,
      unknown,
    ],
    text,
  );
}

/** The One Billion Word benchmark. */
export function detokenizeLm1b(text: string): string {
  return apply(
    [
      [/http : \/ \//g, 'http://'],
      [/https : \/ \//g, 'https://'],
      [/ - /g, '-'],
      ...quotes,
      ...signs,
      [/ ' /g, "'"],
      [/ \/ /g, '/'],
    ],
    text,
  );
}

/** Scientific papers (PubMed, arXiv): lines of sentences with signs set apart. */
export function detokenizeScientificPapers(text: string): string {
  return detokenizeWikitext(
    apply(
      [
        [/ +/g, ' '],
        [/ \n/g, '\n'],
      ],
      text,
    ),
  );
}

/** LAMBADA: curly quotes become straight ones, and the text begins with a new line. */
export function detokenizeLambada(text: string): string {
  const straight = apply(
    [
      [/[“”]/g, '"'],
      [/[‘’]/g, "'"],
      [/''/g, '"'],
      [/``/g, '"'],
    ],
    text,
  );
  return `\n${straight.trim()}`;
}

/** Detokenisers by the corpus that they undo. */
export const detokenizers = {
  wikitext: detokenizeWikitext,
  ptb: detokenizePtb,
  lm1b: detokenizeLm1b,
  'scientific-papers': detokenizeScientificPapers,
  lambada: detokenizeLambada,
  none: (text: string): string => text,
} as const;
