import { adlm, tokenSetAnchors, type Adlm } from '@lab/adlm';
import { contentWords, idOf, words } from './language';

/** A small anchored model of the language's words: 41,142 values. */
export function sentenceModel(): Adlm {
  return adlm({
    vocabSize: words.length + 1,
    ...{ width: 32, heads: 2, blocks: 2, conditionWidth: false, projection: 'logProbabilities' },
    anchors: tokenSetAnchors(contentWords.map(idOf)),
  });
}
