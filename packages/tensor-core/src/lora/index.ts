export {
  count,
  init,
  type LoraAdapter,
  type LoraAdapters,
  type LoraInitOptions,
  type LoraScaleOptions,
} from './adapters';
export { apply, merge, unmerge, type LoraMerged } from './merge';
