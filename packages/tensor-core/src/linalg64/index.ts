export type { Array64 } from './array64';
export { symmetricEigen, type SymmetricEigen } from './symmetric-eigen';
