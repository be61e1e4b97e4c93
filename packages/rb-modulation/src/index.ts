export * from './attention';
export * from './baselines';
export * from './costs';
export * from './descriptors';
export * from './soc';
export * as lq from './lq';
export {
  cascadeLogSnr,
  cascadeNoiseCondition,
  cascadeSchedule,
  type CascadeScheduleOptions,
} from './cascade/schedule';
