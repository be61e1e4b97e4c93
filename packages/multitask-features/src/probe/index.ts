export {
  denseParams,
  reluFeatures,
  reluLayer,
  transform,
  type ReluLayer,
  type TransformOptions,
} from './features';
export { evaluateProbe, fitProbe, probeScores, type LinearProbe, type ProbeOptions } from './linear-probe';
export type { BinaryScores } from './scores';
export type { LinearScores } from './ridge';
