export { clipTokenizer, type ClipTokenizerFiles, type ClipTokenizerOptions } from './clip-tokenizer';
export {
  textTokenizer,
  type EncodedTexts,
  type EncodeOptions,
  type TextInput,
  type TextTokenizer,
  type TokenizerOptions,
} from './tokenizer';
export { keptLengths, type Truncation } from './truncate';
