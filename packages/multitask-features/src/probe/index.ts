export {
  denseParams,
  reluFeatures,
  reluLayer,
  transform,
  type ReluLayer,
  type TransformOptions,
} from './features';
export { evaluateProbe, fitProbe, probeScores, type LinearProbe, type ProbeOptions } from './linear-probe';
export { binaryScores, type BinaryScores } from './scores';
export { fitNeighbours, neighbourScores, type NeighbourOptions, type NeighbourProbe } from './neighbours';
export type { LinearScores } from './ridge';
