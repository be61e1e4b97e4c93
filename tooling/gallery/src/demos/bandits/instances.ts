import {
  fullFeedback,
  graphFeedback,
  revealingArm,
  ringGraph,
  sideInformation,
  standardFeedback,
  starGraph,
  type SideInformation,
} from '@lab/bandits';

export interface Instance {
  readonly title: string;
  /** True means, of which the policies know nothing. */
  readonly means: readonly number[];
  readonly information: SideInformation;
}

const no = Infinity;
const means = [1, 0.8, 0.7, 0.6, 0.5];

/** Who tells of whom: the same means wherever that is possible, so that only the graph differs. */
export const instances = {
  informant: {
    title: 'An informant: arm 0 earns nothing, but reads all others well',
    means: [0, 1, 0.8, 0.7, 0.6],
    information: sideInformation([
      [0.5, 0.5, 0.5, 0.5, 0.5],
      [no, 2, no, no, no],
      [no, no, 2, no, no],
      [no, no, no, 2, no],
      [no, no, no, no, 2],
    ]),
  },
  revealing: {
    title: 'A revealing arm: only the worst arm tells anything, of all',
    means: [...means].reverse(),
    information: revealingArm(5),
  },
  star: {
    title: 'A star: the hub tells of all, each leaf of itself and the hub',
    means: [...means].reverse(),
    information: graphFeedback(starGraph(5)),
  },
  ring: {
    title: 'A ring: each arm tells of itself and of the next',
    means,
    information: graphFeedback(ringGraph(5)),
  },
  standard: { title: 'No side observations', means, information: standardFeedback([1, 1, 1, 1, 1]) },
  full: { title: 'Experts: every arm tells of every arm', means, information: fullFeedback(5) },
} as const satisfies Record<string, Instance>;

export type InstanceName = keyof typeof instances;
