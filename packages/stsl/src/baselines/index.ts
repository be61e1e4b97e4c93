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
  p2l,
  reSample,
  type DiffPirOptions,
  type MomentMatchedOptions,
  type P2lOptions,
  type ReSampleOptions,
} from './proximal-methods';
