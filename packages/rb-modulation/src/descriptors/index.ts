export { csdDescriptor, type CsdDescriptorOptions } from './csd';
export { describe, mixTargets, type MixTargetsOptions } from './describe';
export { gramDescriptor, type GramDescriptorOptions } from './gram';
export { momentDescriptor } from './moments';
export { greyDescriptor, pixelDescriptor } from './pixels';
export { randomTexture, type RandomTextureOptions } from './random-convolutions';
export type { Descriptor } from './types';
