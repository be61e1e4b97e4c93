import { LabError } from '@lab/tensor-core/errors';
import { checkId, type Tokenizer } from './tokenizer';

/** A tokenizer with the list of what its ids stand for, which is all that is needed to make it again. */
export interface CharacterTokenizer extends Tokenizer {
  readonly unknownId: number;
  /** One entry a character, in the order of their ids. */
  readonly alphabet: readonly string[];
}

/**
 * One id a character (Unicode code point). After the characters of the alphabet come `[UNK]`, `[EOS]` (also `[BOS]`) and
 * `[MASK]`.
 *
 * @param alphabet a text, whose different characters are taken in code-point order, or the list of a tokenizer made before
 * @throws LabError `argument` for an empty alphabet or entries that are no single, different characters
 * @example
 * const tokenizer = characterTokenizer('abc');
 * tokenizer.encode('cab'); // [2, 0, 1]
 */
export function characterTokenizer(alphabet: string | readonly string[]): CharacterTokenizer {
  const characters =
    typeof alphabet === 'string'
      ? [...new Set(alphabet)].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!)
      : [...alphabet];
  const ids = new Map(characters.map((character, id) => [character, id]));
  if (
    characters.length === 0 ||
    ids.size < characters.length ||
    characters.some((each) => Array.from(each).length !== 1)
  )
    throw new LabError('argument', 'characterTokenizer: the alphabet is one or more different characters', {
      argument: 'alphabet',
      received: characters.length,
      hint: 'give a text, or the alphabet of another character tokenizer',
    });
  const [unknownId, eosId, maskId] = [0, 1, 2].map((at) => characters.length + at) as [
    number,
    number,
    number,
  ];
  const shown = [...characters, '[UNK]', '[EOS]', '[MASK]'];
  const self = { name: 'character', vocabSize: shown.length };
  const token = (id: number): string => shown[checkId(id, self)]!;
  return {
    ...self,
    maskId,
    eosId,
    bosId: eosId,
    unknownId,
    alphabet: characters,
    encode: (text) => Int32Array.from(Array.from(text, (character) => ids.get(character) ?? unknownId)),
    decode: (tokens) => Array.from(tokens, token).join(''),
    token,
  };
}
