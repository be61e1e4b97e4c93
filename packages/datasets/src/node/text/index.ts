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
export { loadBertTokenizer } from './bert-vocabulary';
