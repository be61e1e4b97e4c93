export {
  loadSentenceEncoderFiles,
  type SentenceEncoderFiles,
  type SentenceEncoderFilesOptions,
} from './sentence-encoder-files';
