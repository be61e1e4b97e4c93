export {
  bestPrecision,
  isFullFeedback,
  isSelfObserving,
  sideInformation,
  unobservableArms,
  type SideInformation,
} from './side-information';
export { restrictTo, withoutUnobservable, type Restricted } from './restrict';
export {
  bipartiteGraph,
  cliquesGraph,
  erdosRenyiGraph,
  fullFeedback,
  graphFeedback,
  revealingArm,
  ringGraph,
  standardFeedback,
  starGraph,
  type GraphOptions,
} from './graphs';
export { numbersFromCsv, sideInformationFromCsv } from './csv';
export { estimateSigma, type EstimatedSigma, type LoggedRound } from './estimate-sigma';
