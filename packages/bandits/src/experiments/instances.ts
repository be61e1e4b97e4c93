import {
  cliquesGraph,
  fullFeedback,
  graphFeedback,
  revealingArm,
  ringGraph,
  sideInformation,
  standardFeedback,
  starGraph,
  type SideInformation,
} from '../information';

/** Means and what arms reveal of each other, under the name that tables give them. */
export interface Instance {
  readonly id: string;
  readonly name: string;
  readonly means: readonly number[];
  readonly information: SideInformation;
}

/** Arms 1 and up see themselves alone, with noise 2; arm 0 sees all of them with this noise. */
export const informantOf = (hub: number): SideInformation =>
  sideInformation(
    Array.from({ length: 5 }, (_, j) =>
      Array.from({ length: 5 }, (__, i) => (j === 0 ? hub : i === j ? 2 : Infinity)),
    ),
  );

export const standard: Instance = {
  id: 'standard',
  name: 'standard, 4 arms',
  means: [1, 0.8, 0.5, 0],
  information: standardFeedback([1, 1, 1, 1]),
};
export const star: Instance = {
  id: 'star',
  name: 'star, 6 arms',
  means: [0.5, 1, 0.8, 0.8, 0.8, 0.8],
  information: graphFeedback(starGraph(6)),
};
export const informant: Instance = {
  id: 'informant',
  name: 'informant, 5 arms',
  means: [0, 1, 0.8, 0.7, 0.6],
  information: informantOf(0.5),
};
export const revealing: Instance = {
  id: 'revealing',
  name: 'one arm reveals all, 4 arms',
  means: [0, 1, 0.7, 0.4],
  information: revealingArm(4),
};
export const ring: Instance = {
  id: 'ring',
  name: 'ring, 5 arms',
  means: [1, 0.8, 0.6, 0.4, 0.2],
  information: graphFeedback(ringGraph(5)),
};

/** An instance whose constant is known in closed form. */
export interface KnownInstance extends Instance {
  readonly formula: string;
  readonly constant: number;
  /** When the coupled program differs. */
  readonly coupled?: number;
}

const onStar = (id: string, means: readonly number[], constant: number): KnownInstance => ({
  id,
  name: `star, ${means.join(' ')}`,
  formula: 'least over the hub count of hub cost + leaves left',
  means,
  information: graphFeedback(starGraph(means.length)),
  constant,
});

const ringOf = (rho: number, constant: number): KnownInstance => ({
  id: `ring-${rho}`,
  name: `ring of 3, next arm read at s.d. ${rho}`,
  formula: '(2 / 0.2^2) min(0.2, 0.4 rho^2)',
  means: [1, 0.6, 0.8],
  information: sideInformation([
    [1, rho, Infinity],
    [Infinity, 1, rho],
    [rho, Infinity, 1],
  ]),
  constant,
});

export const known: readonly KnownInstance[] = [
  { ...standard, formula: 'sum 2 sigma^2 / gap', constant: 16 },
  {
    id: 'unequal',
    name: 'standard, s.d. 1 2 0.5',
    formula: 'sum 2 sigma^2 / gap',
    means: [1, 0.8, 0.5],
    information: standardFeedback([1, 2, 0.5]),
    constant: 41,
  },
  {
    id: 'full',
    name: 'full feedback',
    formula: '0',
    means: [1, 0.8, 0.5, 0],
    information: fullFeedback(4),
    constant: 0,
  },
  { ...star, formula: '(2 / D^2) min(D_hub, (K - 2) D)', constant: 25 },
  onStar('star-dear', [0, 1, 0.8, 0.8, 0.8, 0.8], 40),
  onStar('star-unequal', [0.4, 1, 0.9, 0.7, 0.5], 28 + 4 / 15),
  onStar('star-best-hub', [1, 0.8, 0.8, 0.8], 0),
  ringOf(0.5, 5),
  ringOf(2, 10),
  { ...revealing, formula: '2 D_0 / D_min^2, coupled twice that', constant: 200 / 9, coupled: 400 / 9 },
  {
    id: 'cliques',
    name: 'three cliques of 2',
    formula: "sum over other cliques of 2 / their best arm's gap",
    means: [1, 0.9, 0.8, 0.5, 0.6, 0.2],
    information: graphFeedback(cliquesGraph([2, 2, 2])),
    constant: 15,
  },
  {
    id: 'loopless',
    name: 'clique of 3 without self-loops',
    formula: '2 / D_1',
    means: [1, 0.8, 0.5],
    information: graphFeedback(
      [
        [false, true, true],
        [true, false, true],
        [true, true, false],
      ],
      { selfLoops: false },
    ),
    constant: 10,
    coupled: 10,
  },
  { ...informant, formula: 'D_0 sigma_0^2 2 / D_min^2', constant: 12.5 },
];
