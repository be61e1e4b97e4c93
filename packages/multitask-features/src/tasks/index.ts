import { booleanSign, booleanTable, custom, odd, parity, signLinear } from './task';

/** Families of binary tasks over hidden features. */
export const tasks = { signLinear, booleanSign, booleanTable, parity, odd, custom };

export type { Task } from './task';
export { drawInputs, hiddenFeatures, labelsOf, planted, taskSampler, type Planted } from './planted';
