export type { CausalScorer, Likelihood, MaskedScorer, Sequences } from './types';
export { nelbo, type NelboOptions } from './nelbo';
export { causalNll, type CausalNllOptions } from './causal-nll';
export {
  generativePerplexity,
  meanTokenEntropy,
  retokenize,
  tokenEntropy,
  type GenerativePerplexity,
  type GenerativePerplexityOptions,
} from './generative-perplexity';
export { zeroShotNelbo, zeroShotNll, type ZeroShotOptions, type ZeroShotResult } from './zero-shot';
export {
  divergenceCurve,
  frontierIntegral,
  mauveFromHistograms,
  type FrontierOptions,
} from './mauve/frontier';
export { mauve, type MauveOptions, type MauveResult } from './mauve/mauve';
