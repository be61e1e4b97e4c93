export * from './operators';
export * from './baselines';
export * from './priors';
export * from './problems';
export * from './prompts';
export * from './stsl';
export {
  identityAutoencoder,
  linearAutoencoder,
  pcaAutoencoder,
  type Autoencoder,
  type LinearAutoencoder,
  type LinearAutoencoderOptions,
} from './autoencoders';
export { hutchinsonTrace, type HutchinsonOptions } from './hutchinson';
export * from './editing';
export * from './latent-prior';
export { tune, type Trial, type TuneOptions } from './tune';
