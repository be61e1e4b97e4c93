export { contentPull, patchContrast, type ContentPullOptions, type FeatureExtractor } from './content-pull';
export { editLatents, type EditOptions } from './edit-latents';
export { nullTextInversion, type NullTextInversion, type NullTextOptions } from './null-text-inversion';
export * from './prompt-to-prompt';
export { crossAttentionTuning, duringSteps, fromStep, type CrossAttentionTuningOptions } from './spans';
export { targetShare, type TargetShareOptions } from './target-share';
