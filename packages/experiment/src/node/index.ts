export { readResult, writeResult, type WriteResultOptions, type WrittenResult } from './write-result';
