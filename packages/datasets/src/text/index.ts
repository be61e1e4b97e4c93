export { listTexts, textInfo, type TextId, type TextInfo } from './catalogue';
export type {
  GraphReasoningItem,
  ReasoningDataset,
  ReasoningItem,
  TextDataset,
  TextDocument,
  TextOrigin,
} from './types';
export type { Tokenizer } from './tokenizer';
export { characterTokenizer, type CharacterTokenizer } from './character-tokenizer';
export { byteTokenizer } from './byte-tokenizer';
export { bpeTokenizer, type BpeTokenizer, type Merge } from './bpe-tokenizer';
export { trainBpe } from './train-bpe';
export { gpt2Tokenizer } from './gpt2-tokenizer';
export { bertTokenizer } from './bert-tokenizer';
export { tokenizerFromJson, type TokenizerJsonOptions } from './huggingface-tokenizer';
export {
  detokenizeLambada,
  detokenizeLm1b,
  detokenizePtb,
  detokenizers,
  detokenizeScientificPapers,
  detokenizeWikitext,
} from './detokenize';
export {
  describeSplit,
  splitDocuments,
  type DocumentSplit,
  type SplitDocumentsOptions,
} from './split-documents';
export { tokenChunks, type TokenChunks, type TokenChunksOptions } from './token-chunks';
