export {
  adaptiveNormalization,
  decoupledAttention,
  instantStyleBlocks,
  sharedAttention,
  swappedAttention,
  withoutContent,
  type ReferenceAttention,
} from './attention';
export { adaptiveStatistics, freeDom, mpgd, type FreeDomOptions } from './controls';
export { tuneStyle, type TuneStyleOptions } from './style-lora';
export { mergeAdapters, type MergeAdaptersOptions, type MergedReference } from './merge-adapters';
