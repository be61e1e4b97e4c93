export type { Key } from './key';
export { key } from './key';
