export { cosineSimilarity } from './cosine-similarity';
export { featureDistance, type FeatureDistanceOptions } from './feature-distance';
export { frechetBetween, frechetDistance } from './frechet';
export { imageSsim, type ImageSsimOptions } from './image-ssim';
export { kernelDistance } from './kernel-distance';
export { flatShape, momentsOf, type Moments } from './moments';
export { psnr, type PsnrOptions } from './psnr';
