export { adlm, type Adlm, type AdlmOptions, type AnchoredPrediction } from './model/adlm';
export { train, type TrainOptions, type Trained } from './model/train';
export type { AnyLanguageModel, BatchOptions, LanguageModel, MaskedLanguageModel } from './model/types';
export {
  anchoredNetwork,
  type AnchoredNetwork,
  type AnchoredNetworkOptions,
  type AnchoredParams,
  type AnchoredStages,
} from './network/anchored-network';
export {
  anchorsOf,
  frequencyAnchors,
  tokenSetAnchors,
  type FrequencyAnchorsOptions,
} from './anchors/frequency-anchors';
export { tfidfAnchors, type TfidfAnchorsOptions } from './anchors/tfidf-anchors';
export type { AnchorSelector } from './anchors/types';
export { anchorWeight, type AnchorWeightOptions } from './objective/anchor-weight';
export { anelbo, type AnelboBatch, type AnelboParts } from './objective/anelbo';
export { exactAnelbo, type ExactAnelbo, type ExactAnelboOptions } from './objective/exact-anelbo';
export {
  maskedBatch,
  type MaskedBatch,
  type MaskedBatchOptions,
  type MaskingTimes,
} from './objective/masked-batch';
export { maskedLoss } from './objective/masked-loss';
export type { MaskedPlaces } from './objective/masked-places';
export { mdlm, type MdlmOptions } from './baselines/mdlm';
export { autoregressive, type AutoregressiveOptions } from './autoregressive/autoregressive';
export { a2r, type A2rBatch, type A2rOptions } from './autoregressive/a2r';
export type { CausalBatch } from './autoregressive/causal-batch';
export type { CausalLanguageModel } from './autoregressive/causal-model';
export type { ScoreOptions } from './autoregressive/causal-likelihood';
export { sedd } from './baselines/sedd';
export { d3pm, type D3pmBatch, type D3pmOptions } from './baselines/d3pm';
export { bd3lm, type Bd3lmBatch, type Bd3lmOptions } from './baselines/bd3lm';
export {
  blockTimes,
  type BlockTimes,
  type BlockTimesOptions,
  type BlockTimesResult,
} from './baselines/block-times';
export { udlm, type UdlmBatch, type UdlmOptions } from './baselines/udlm';
export {
  answerOf,
  arithmeticAnchors,
  entityAnchors,
  itemFromGsm8k,
  normalizedAnswer,
  type AnchorWords,
  type ReasoningItem,
} from './acot/items';
export {
  acotStage,
  reasoningExample,
  reasoningLayouts,
  type ReasoningExample,
  type ReasoningLayout,
  type ReasoningTask,
  type ReasoningVocabulary,
} from './acot/example';
export {
  copyToken,
  reasoner,
  type Reasoner,
  type ReasonerOptions,
  type ReasoningBatch,
} from './acot/reasoner';
export { trainReasoner, type TrainedReasoner, type TrainReasonerOptions } from './acot/train-reasoner';
export { decodeReasoning, type DecodeOptions } from './acot/decode';
export {
  loadOfficialAdlm,
  loadOfficialTransformer,
  saveOfficialAdlm,
  saveOfficialTransformer,
} from './weights/official-weights';
export { anchorGuesses, decidedAt } from './inspection/anchor-order';
