export { causalNll, type CausalNllOptions, type CausalScorer } from './causal-nll';
export { lastStates } from './last-states';
export {
  generativePerplexity,
  meanTokenEntropy,
  retokenize,
  tokenEntropy,
  type GenerativePerplexity,
  type GenerativePerplexityOptions,
} from './generative-perplexity';
export { zeroShot, type ZeroShotOptions, type ZeroShotResult } from './zero-shot';
export {
  divergenceCurve,
  frontierIntegral,
  mauveFromHistograms,
  type FrontierOptions,
} from './mauve/frontier';
export { mauve, type MauveOptions, type MauveResult } from './mauve/mauve';
