export type { Levels, MaskingStep, Rate, StepRates, TokenSolver } from './types';
export { greatestRemasking, reverseKernel, type ReverseKernel } from './kernel';
export {
  cappedRemasking,
  confidenceRemasking,
  lockedIn,
  rescaledRemasking,
  type RemaskingOptions,
} from './remasking';
export { remaskingLoop, type LoopOptions } from './loop';
export { firstHitting, flowCorrector, forwardBackward, type FlowCorrectorOptions } from './correctors';
