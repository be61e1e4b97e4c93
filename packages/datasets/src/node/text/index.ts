export { loadMobyDick, loadStateOfTheUnion } from './package-texts';
export {
  loadGsm8k,
  loadProsqa,
  loadTinyShakespeare,
  loadWikitext2,
  type LoadGsm8kOptions,
  type LoadProsqaOptions,
  type LoadWikitextOptions,
} from './folder-texts';
export { loadConvai2, type PersonaDataset } from './convai2';
export { loadBertTokenizer } from './bert-vocabulary';
