export type {
  Batch,
  LossTerms,
  Place,
  Preparation,
  Prepared,
  ProjectionLog,
  Session,
  UnlearnMethod,
  Workbench,
} from './types';
export { gradientAscent, gradientDescent, negGradPlus, noisyGradientDescent, retrain } from './descent';
export { l1Sparse, ridge } from './penalties';
export { npo, salun, scrub } from './classifiers';
export { minNormOG, type MinNormOGOptions } from './min-norm-og';
export { orthoGrad, type OrthoGradOptions } from './ortho-grad';
