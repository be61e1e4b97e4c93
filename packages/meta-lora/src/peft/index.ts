export { parsePeftConfig, type PeftConfig } from './config';
export { loadPeft, type LoadedPeft } from './load';
export { savePeft, type PeftFiles, type PeftNames, type SavePeftOptions } from './save';
