export { packLatents, tokenPlaces, unpackLatents, type TokenOptions } from './tokens';
export {
  flowSines,
  fluxScale,
  scaleLatents,
  stableDiffusion3Scale,
  unscaleLatents,
  type LatentScale,
} from './scale';
export { fluxTransformer, type FluxCondition, type FluxTransformer } from './flux';
export { fluxDev, fluxSchnell, type FluxConfig } from './flux-config';
export type { NetworkParams } from '../parts/part';
export { loadWeights, type LoadWeightsOptions } from '../weights/load';
export { saveWeights } from '../weights/save';
export { countWeights } from '../weights/weight';
