import { LabError } from '@lab/tensor-core/errors';
import { uniform, type Key } from '@lab/tensor-core/random';
import { sideInformation, type SideInformation } from './side-information';

/** Bandits without side observations: each arm reveals itself alone, with these standard deviations. */
export function standardFeedback(deviations: ArrayLike<number>): SideInformation {
  return sideInformation(
    Array.from(deviations, (own, j) => Array.from(deviations, (_, i) => (i === j ? own : Infinity))),
  );
}

/** Every arm reveals every arm, as with experts. */
export function fullFeedback(arms: number, deviation = 1): SideInformation {
  return sideInformation(square(arms, () => deviation));
}

/** One arm reveals all, itself included; no other reveals anything. */
export function revealingArm(arms: number, { arm = 0, deviation = 1 } = {}): SideInformation {
  return sideInformation(square(arms, (j) => (j === arm ? deviation : Infinity)));
}

/** How the edges of a graph are read. */
export interface GraphOptions {
  /** Standard deviation of every reading, or a matrix of them [played][revealed]. @default 1 */
  readonly deviation?: number | readonly ArrayLike<number>[];
  /** Whether every arm also reveals itself, whatever the matrix says. @default true */
  readonly selfLoops?: boolean;
}

/**
 * Graph feedback: playing j reveals i where `adjacency[j][i]`. Without self-loops ("loopless") the diagonal is as the
 * matrix says.
 *
 * @throws LabError `shape` or `argument` as `sideInformation`
 */
export function graphFeedback(
  adjacency: readonly (readonly (boolean | number)[])[],
  { deviation = 1, selfLoops = true }: GraphOptions = {},
): SideInformation {
  const at = (j: number, i: number): number =>
    typeof deviation === 'number' ? deviation : deviation[j]![i]!;
  return sideInformation(
    adjacency.map((row, j) =>
      row.map((edge, i) => (Boolean(edge) || (selfLoops && i === j) ? at(j, i) : Infinity)),
    ),
  );
}

/** Edges of the star: arm 0 is the hub, joined to every other arm both ways. */
export const starGraph = (arms: number): boolean[][] => square(arms, (j, i) => (j === 0) !== (i === 0));

/** Edges of the directed ring: arm j reveals arm j + 1, the last one arm 0. */
export const ringGraph = (arms: number): boolean[][] => square(arms, (j, i) => i === (j + 1) % arms);

/** Edges of disjoint cliques of these sizes, the arms numbered clique by clique. */
export function cliquesGraph(sizes: readonly number[]): boolean[][] {
  const clique = sizes.flatMap((size, index) => new Array<number>(size).fill(index));
  return square(clique.length, (j, i) => i !== j && clique[i] === clique[j]);
}

/** Edges of the complete bipartite graph: the first `left` arms and the other `right` reveal each other. */
export const bipartiteGraph = (left: number, right: number): boolean[][] =>
  square(left + right, (j, i) => j < left !== i < left);

/** Edges of a random directed graph: each of the K (K - 1) is there with probability p. */
export function erdosRenyiGraph(arms: number, { p, key }: { p: number; key: Key }): boolean[][] {
  if (!(p >= 0 && p <= 1))
    throw new LabError('argument', 'erdosRenyiGraph: p is a probability', {
      argument: 'p',
      received: String(p),
    });
  const draws = uniform(key, [arms, arms]);
  return square(arms, (j, i) => j !== i && draws[j * arms + i]! < p);
}

function square<T>(arms: number, entry: (played: number, revealed: number) => T): T[][] {
  return Array.from({ length: arms }, (_, j) => Array.from({ length: arms }, (__, i) => entry(j, i)));
}
