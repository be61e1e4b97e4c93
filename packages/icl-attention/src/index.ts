export * from './attention';
export * from './tasks';
export * from './theory';
export * from './pretrain';
export * from './baselines';
export * from './adaptive';
