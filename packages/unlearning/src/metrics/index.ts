export { membershipAUC } from './membership';
export { forgetError, paretoFront, supError } from './scores';
export { accuracies, predictOutputs, sampleLosses } from './evaluate';
export { compareModels, type ModelComparison } from './compare';
