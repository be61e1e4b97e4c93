export * from './information';
export * from './program';
export * from './policies';
export * from './baselines';
export * from './simulate';
