export { taef2Decoder, taef2Encoder, taef2Factor, type Taef2, type Taef2Options } from './taef2';
export type { NetworkParams } from '../parts/part';
export { loadWeights, type LoadWeightsOptions } from '../weights/load';
export { saveWeights } from '../weights/save';
export { countWeights } from '../weights/weight';
