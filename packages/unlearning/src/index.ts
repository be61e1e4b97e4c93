export * from './run';
export * from './methods';
export * from './model';
export * from './projection';
export * from './exact';
export * from './metrics';
