export type { Array64 } from './array64';
