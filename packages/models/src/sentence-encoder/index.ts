export { loadSentenceEncoder, sentenceEncoder, type SentenceInputs, type SentenceStates } from './encoder';
export { sentenceTokenizer, type PieceVocabulary } from './tokenizer';
export type { SentenceEncoderParams, SentenceLayerParams } from './weights';
export { readWeightsManifest, type WeightsManifest } from '../weights/graph-model';
export { saveWeights } from '../weights/save';
export { countWeights } from '../weights/weight';
