import {
  cliquesGraph,
  graphFeedback,
  revealingArm,
  sideInformation,
  standardFeedback,
  starGraph,
  type SideInformation,
} from '../../src';

export interface Instance {
  readonly means: readonly number[];
  readonly information: SideInformation;
}

/** Rows of standard deviations with `own` on the diagonal and `hub` in row 0. */
export const informantSigma = (arms: number, own = 2, hub = 0.5): number[][] =>
  Array.from({ length: arms }, (_, j) =>
    Array.from({ length: arms }, (__, i) => (j === 0 ? hub : i === j ? own : Infinity)),
  );

export const standard: Instance = { means: [1, 0.8, 0.5, 0], information: standardFeedback([1, 1, 1, 1]) };
export const star: Instance = {
  means: [0.5, 1, 0.8, 0.8, 0.8, 0.8],
  information: graphFeedback(starGraph(6)),
};
export const informant: Instance = {
  means: [0, 1, 0.8, 0.7, 0.6],
  information: sideInformation(informantSigma(5)),
};
export const revealing: Instance = { means: [0, 1, 0.7, 0.4], information: revealingArm(4) };
export const cliques: Instance = {
  means: [1, 0.9, 0.8, 0.5, 0.6, 0.2],
  information: graphFeedback(cliquesGraph([2, 2, 2])),
};
