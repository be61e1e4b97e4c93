export * from './constraints';
export * from './projection';
export * from './sampler';
export * from './baselines';
export * from './metrics';
