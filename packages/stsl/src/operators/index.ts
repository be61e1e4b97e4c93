export { denoising } from './denoising';
export { gaussianBlur, type GaussianBlurOptions } from './gaussian-blur';
export {
  boxMask,
  inpainting,
  randomMask,
  strokeMask,
  stripeMask,
  type BoxMaskOptions,
  type MaskSize,
  type RandomMaskOptions,
  type StripeMaskOptions,
  type StrokeMaskOptions,
} from './inpainting';
export { kernelBlur, motionBlur, motionKernel, type MotionKernelOptions } from './motion-blur';
export { gaussianNoise, saltAndPepper, type SaltAndPepperOptions } from './noise';
export { operatorMatrix } from './operator-matrix';
export { phaseRetrieval, type PhaseRetrievalOptions } from './phase-retrieval';
export { saturatedBlur, type SaturatedBlurOptions } from './saturated-blur';
export { superResolution, type SuperResolutionOptions } from './super-resolution';
export type { LinearOperator, MeasurementOperator } from './types';
