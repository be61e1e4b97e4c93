export * from './constraints';
export * from './projection';
