export type { Key } from './key';
export { foldIn, key, split } from './key';
export type { Size } from './size';
export { bernoulli, bits, exponential, uniform, uniform64, type UniformOptions } from './uniform';
export { normal, normal64, truncatedNormal, type TruncatedNormalOptions } from './normal';
export { randint, type RandintOptions } from './randint';
export { permutation } from './permutation';
export { categorical, gumbel, type CategoricalOptions } from './categorical';
