import { sizeOf, splatOf } from './graph';
import { deepest, isNumber, laneNode } from './lanes';
import { reachable } from './reachable';
import type { StateLeaf } from './pack';
import type { Node, Value } from './types';

/** Packs end before they outgrow the processor's cache; a leaf that is larger than that stands alone. */
const largestPacked = 1 << 16;

/** Leaves whose updates look alike, in packs that correspond to each other: parameter i, its moments ... */
export function choosePacks(state: readonly StateLeaf[]): number[][] {
  const position = new Map<Value, number>(state.map(({ before }, i) => [before, i]));
  const ofState = nodesOfState(state, position);
  const classes = new Map<string, number[][]>();
  const shapes = state.map(({ before, after }) =>
    before.dtype === 'float32' && sizeOf(before) <= largestPacked && sizeOf(before) > 0
      ? lookOf(after, position, (node) => ofState.has(node))
      : undefined,
  );
  // Those that involve most leaves first: a parameter's update names its moments, not the other way round.
  const order = [...state.keys()].sort(
    (a, b) => (shapes[b]?.leaves.length ?? 0) - (shapes[a]?.leaves.length ?? 0),
  );
  const taken = new Set<number>();
  const alone: number[][] = [];
  for (const i of order) {
    const look = shapes[i];
    if (taken.has(i)) continue;
    const lane = look?.leaves.includes(i) ? look.leaves : [i];
    if (
      !look ||
      lane.some(
        (at) =>
          taken.has(at) || shapes[at] === undefined || sizeOf(state[at]!.before) !== sizeOf(state[i]!.before),
      )
    ) {
      taken.add(i);
      alone.push([i]);
      continue;
    }
    for (const at of lane) taken.add(at);
    const key = look.key;
    classes.set(key, [...(classes.get(key) ?? []), lane]);
  }
  const sizeAt = (lane: readonly number[]): number => sizeOf(state[lane[0]!]!.before);
  const packs = [...classes.values()]
    .flatMap((lanes) => inParts(lanes, sizeAt))
    .flatMap((lanes) => lanes[0]!.map((_, slot) => lanes.map((lane) => lane[slot]!)));
  return [...packs, ...alone];
}

/** Cuts a class into packs of limited size. */
function inParts(lanes: readonly number[][], sizeAt: (lane: readonly number[]) => number): number[][][] {
  const parts: number[][][] = [];
  let room = 0;
  for (const lane of lanes) {
    const size = sizeAt(lane);
    if (size > room) {
      parts.push([]);
      room = largestPacked;
    }
    parts.at(-1)!.push(lane);
    room -= size;
  }
  return parts;
}

/** How an update is made, in words that are the same for updates that can be computed together. */
function lookOf(
  after: Value,
  position: ReadonlyMap<Value, number>,
  isOfState: (node: Node) => boolean,
): { key: string; leaves: number[] } {
  const leaves: number[] = [];
  const others: Value[] = [];
  const seen = new Map<Value, number>();
  const words: string[] = [];
  const visit = (value: Value, size: number, depth: number): void => {
    const at = position.get(value);
    if (at !== undefined) {
      if (!leaves.includes(at)) leaves.push(at);
      words.push(`s${leaves.indexOf(at)}`);
      return;
    }
    if (isNumber(value) && (sizeOf(value) !== size || value.shape.length === 0)) {
      words.push(`#${splatOf(value) ?? `v${value.id}`}`);
      return;
    }
    const again = seen.get(value);
    if (again !== undefined) {
      words.push(`=${again}`);
      return;
    }
    seen.set(value, seen.size);
    const node = laneNode(value);
    // What is not made of state leaves is one input like any other.
    if (!node || depth === deepest || !isOfState(node)) {
      if (!others.includes(value)) others.push(value);
      words.push(`x${others.indexOf(value)}`);
      return;
    }
    words.push(`${node.op}(`);
    for (const input of node.inputs) visit(input!, size, depth + 1);
    words.push(')');
  };
  visit(after, sizeOf(after), 0);
  return { key: words.join(' '), leaves };
}

/** The nodes from which an elementwise tree over state leaves begins. */
function nodesOfState(state: readonly StateLeaf[], position: ReadonlyMap<Value, number>): ReadonlySet<Node> {
  const found = new Set<Node>();
  for (const node of reachable(state.map(({ after }) => after)).nodes) {
    const isLane = node.outputs.length === 1 && laneNode(node.outputs[0]!) !== undefined;
    const leads = (input: Value | undefined): boolean =>
      input !== undefined &&
      (position.has(input) || (input.source.kind === 'node' && found.has(input.source.node)));
    if (isLane && node.inputs.some(leads)) found.add(node);
  }
  return found;
}
