export * as linear from './linear';
export * from './baselines';
export * from './retrain';
export * from './slots';
export * from './training';
export type { LoopEvent, LoopOptions, LoopReport } from './training/loop';
export * from './peft';
