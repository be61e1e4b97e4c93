export type * from './constraints/types';
