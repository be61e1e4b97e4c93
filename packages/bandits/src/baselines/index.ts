export { ucbIndex, ucbPolicy, type UcbOptions } from './ucb';
export { thompsonPolicy, type ThompsonOptions } from './thompson';
export { ucbLpPolicy, type UcbLpOptions, type UcbLpState } from './ucb-lp';
export { wuPolicy, type WuOptions, type WuState } from './wu';
export { ossbPolicy, type OssbOptions } from './ossb';
export { idsPolicy, type IdsOptions } from './ids';
export {
  exploreThenCommitPolicy,
  greedyPolicy,
  uniformPolicy,
  type CommittedState,
  type ExploreThenCommitOptions,
} from './simple';
