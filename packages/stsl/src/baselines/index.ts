export {
  dps,
  gmlDps,
  ldps,
  psld,
  type DpsOptions,
  type GluingOptions,
  type LdpsOptions,
} from './gradient-methods';
export {
  guidedBy,
  runMethod,
  type PreparedMethod,
  type RestorationMethod,
  type RunMethodOptions,
} from './method';
export {
  diffPir,
  momentMatched,
  reSample,
  type DiffPirOptions,
  type MomentMatchedOptions,
  type ReSampleOptions,
} from './proximal-methods';
export { p2l, type P2lOptions } from './p2l';
export { restoreBy, type RestoreByOptions } from './restore-by';
