export { asymptoticPolicy, type AsymptoticOptions, type AsymptoticState, type Phase } from './asymptotic';
export { chooseBatch, type ChooseBatchOptions } from './choose-batch';
export type { DecidedState } from './decided-policy';
export { explain, type Explanation } from './explain';
export { policyFrom, policyKinds, type PolicyKind, type PolicySpec } from './policy-spec';
export type { Prior } from './estimates';
export type { Draws } from './draws';
export type { BanditState, ChooseOptions, Observations, Policy, PolicySteps } from './types';
