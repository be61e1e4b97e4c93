export type { ConstrainedProblem, MethodOptions, MethodResult, SeriesMethod } from './types';
export { cop, copFineTune, type CopOptions, type RealismOptions } from './cop';
export { cps, type CpsMethodOptions } from './cps';
export { ddnm, type DdnmOptions } from './ddnm';
export {
  diffTime,
  lossDiffTimeLoss,
  rowPenalty,
  type LossDiffTimeOptions,
  type TensorRows,
} from './diff-time';
export { diffusionTs, type DiffusionTsOptions } from './diffusion-ts';
export { guidedDiffTime, type GuidedOptions } from './guided';
export { exactPullback, networkPullback, type MeanPullback, type PullbackPoint } from './mean-pullback';
export { pdm, type PdmOptions } from './pdm';
export { postHoc } from './post-hoc';
export { prodigy, type ProdigyOptions } from './prodigy';
export { rejection, type RejectionOptions } from './rejection';
export { unconstrained, type EtaOptions } from './unconstrained';
export { violationGradient } from './violation-gradient';
