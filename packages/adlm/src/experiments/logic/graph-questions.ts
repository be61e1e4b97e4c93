import type { GraphReasoningItem } from '@lab/datasets/text';
import { foldIn, permutation, randint, uniform64, type Key } from '@lab/tensor-core/random';

export interface GraphQuestionsOptions {
  readonly key: Key;
  readonly count: number;
  /** Names of nodes to draw from; the first ones are persons. */
  readonly names: readonly string[];
  readonly persons: number;
  /** Least and most nodes. @default [8, 12] */
  readonly nodes?: readonly [number, number];
  /** Least and most steps from root to target. @default [2, 3] */
  readonly hops?: readonly [number, number];
  /** Sentences as in ProsQA, or of the names alone, which a small network learns sooner. @default 'sentences' */
  readonly style?: 'sentences' | 'terse';
}

/**
 * Questions as in ProsQA, but drawn here: a random directed graph of classes, whose edges are the premises in any order, and a
 * person of whom it is asked whether they are of one class or of another. One can be reached, the other cannot.
 */
export function graphQuestions(options: GraphQuestionsOptions): GraphReasoningItem[] {
  const items: GraphReasoningItem[] = [];
  for (let draw = 0; items.length < options.count; draw++) {
    const item = question(foldIn(options.key, draw), options);
    if (item) items.push(item);
  }
  return items;
}

function question(
  key: Key,
  {
    names,
    persons,
    nodes: [least, most] = [8, 12],
    hops: [fewest, furthest] = [2, 3],
    style = 'sentences',
  }: GraphQuestionsOptions,
): GraphReasoningItem | undefined {
  const [size = least] = randint(foldIn(key, 0), 1, { low: least, high: most + 1 });
  const people = [...permutation(foldIn(key, 1), persons).subarray(0, 1)];
  const classes = [...permutation(foldIn(key, 2), names.length - persons).subarray(0, size - 1)];
  const chosen = [...people, ...classes.map((each) => persons + each)].map((each) => names[each]!);
  const edges = randomEdges(foldIn(key, 3), size);
  const distances = distancesFrom(0, edges, size);
  const reachable = [...distances.keys()].filter(
    (node) => distances[node]! >= fewest && distances[node]! <= furthest,
  );
  // The other class follows from something too: that nothing leads to it would give it away.
  const unreachable = [...distances.keys()].filter(
    (node) => distances[node] === Infinity && edges.some(([, to]) => to === node),
  );
  if (reachable.length === 0 || unreachable.length === 0) return undefined;
  const [pickTarget = 0, pickOther = 0, side = 0] = uniform64(foldIn(key, 4), 3);
  const target = reachable[Math.floor(pickTarget * reachable.length)]!;
  const otherTarget = unreachable[Math.floor(pickOther * unreachable.length)]!;
  const isTerse = style === 'terse';
  const fact = (from: number, to: number): string =>
    isTerse
      ? `${chosen[from]} ${chosen[to]}.`
      : `${from === 0 ? '' : 'Every '}${chosen[from]} is a ${chosen[to]}.`;
  const premises = [...permutation(foldIn(key, 5), edges.length)].map((at) => fact(...edges[at]!));
  const [first, second] = side < 0.5 ? [target, otherTarget] : [otherTarget, target];
  const path = shortestPath(target, edges, distances);
  return {
    question: isTerse
      ? `${premises.join(' ')} ${chosen[0]} ${chosen[first]} ${chosen[second]}?`
      : `${premises.join(' ')} Is ${chosen[0]} a ${chosen[first]} or ${chosen[second]}?`,
    steps: path.slice(1).map((to, i) => fact(path[i]!, to)),
    answer: isTerse ? chosen[target]! : `${chosen[0]} is a ${chosen[target]}.`,
    names: chosen,
    edges,
    root: 0,
    target,
    otherTarget,
  };
}

/** Edges from earlier to later nodes: each node but the root has one or two before it, some of which are not reached. */
function randomEdges(key: Key, size: number): [number, number][] {
  const draws = uniform64(key, 3 * size);
  const edges: [number, number][] = [];
  for (let node = 1; node < size; node++) {
    // The second node has no edge into it, so that what only follows from it cannot be reached.
    if (node === 1) continue;
    const from = Math.floor(draws[3 * node]! * node);
    edges.push([from, node]);
    const other = Math.floor(draws[3 * node + 1]! * node);
    if (other !== from && draws[3 * node + 2]! < 0.35) edges.push([other, node]);
  }
  return edges;
}

function distancesFrom(root: number, edges: readonly (readonly [number, number])[], size: number): number[] {
  const distances = new Array<number>(size).fill(Infinity);
  distances[root] = 0;
  // Edges lead from smaller to greater numbers, and are sorted by where they lead.
  for (const [from, to] of edges) distances[to] = Math.min(distances[to]!, distances[from]! + 1);
  return distances;
}

function shortestPath(
  target: number,
  edges: readonly (readonly [number, number])[],
  distances: readonly number[],
): number[] {
  const path = [target];
  while (distances[path[0]!]! > 0) {
    const edge = edges.find(([from, to]) => to === path[0] && distances[from]! + 1 === distances[to]!)!;
    path.unshift(edge[0]);
  }
  return path;
}

/** Invented words in the manner of ProsQA, and first names. */
export const graphNames = {
  persons: ['Alex', 'Bob', 'Carol', 'Davis', 'Eva', 'Fay'],
  classes: [
    'brimpus',
    'dumpus',
    'fompus',
    'gerpus',
    'grimpus',
    'hilpus',
    'impus',
    'jompus',
    'kerpus',
    'lempus',
    'lorpus',
    'numpus',
    'rempus',
    'rompus',
    'scrompus',
    'shumpus',
    'sterpus',
    'terpus',
    'timpus',
    'tumpus',
    'vumpus',
    'wumpus',
    'yimpus',
    'yumpus',
  ],
};
