export * from './data';
export * from './tasks';
export * from './pretrain';
export * from './metrics';
export { theory } from './theory';
export type { LossName } from './network/losses';
export type { Precision } from './network/kernels';
export * from './probe';
export * from './baselines';
