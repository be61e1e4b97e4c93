export { oracleFeatures, randomFeatures } from './random-features';
export { randomHeads, singleTask } from './single-task';
export { momentSubspace, secondMomentSubspace, type MomentOptions, type MomentSubspace } from './moments';
export { jointAdam, type JointAdamOptions, type JointFeatures } from './joint-adam';
export { jointLoss, jointOutputs, type JointBatch, type JointParams } from './joint-loss';
export { alternatingRidge, type AlternatingRidgeOptions } from './alternating-ridge';
export { ntkKernel, ntkRegression, type NtkOptions, type NtkProbe } from './ntk';
