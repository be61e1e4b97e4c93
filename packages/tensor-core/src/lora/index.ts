export {
  changes,
  count,
  init,
  type LoraAdapter,
  type LoraAdapters,
  type LoraFull,
  type LoraInitOptions,
  type LoraScaleOptions,
  type PerWeight,
} from './adapters';
export { attach, type LoraAttachOptions } from './attach';
export { apply, merge, unmerge, type LoraMerged } from './merge';
