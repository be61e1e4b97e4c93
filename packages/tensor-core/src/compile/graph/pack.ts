import { createGraph, sizeOf, splatOf } from './graph';
import { reshape } from './arrange';
import { elementwise } from './elementwise';
import { replay } from './replay';
import type { Graph, Node, Value } from './types';

/** One leaf of a state: what it is before a step and what after. */
export interface StateLeaf {
  readonly before: Value;
  readonly after: Value;
}

/** One buffer of a packed state: some leaves laid end to end, or one leaf alone. */
export interface StateSlot {
  readonly before: Value;
  readonly after: Value;
  /** Positions of its leaves, in the order in which they lie. */
  readonly leaves: readonly number[];
}

export interface PackedState {
  readonly slots: readonly StateSlot[];
  /** The other inputs and outputs in the new graph. */
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

/** Packs end before they outgrow the processor's cache; a leaf that is larger than that stands alone. */
const largestPacked = 1 << 16;

/**
 * Lays the leaves of a state that are updated in the same manner end to end, and computes their updates as one. Where
 * leaf i becomes f(leaf i, x_i, ...) for an elementwise f common to all, the pack becomes f(pack, x, ...) with x the
 * x_i laid end to end.
 */
export function packState(
  state: readonly StateLeaf[],
  inputs: readonly Value[],
  outputs: readonly Value[],
): PackedState {
  const g = createGraph();
  const given = new Map<Value, Value>();
  const newInputs = inputs.map((value) => {
    const made = g.input(inputName(value), value);
    given.set(value, made);
    return made;
  });
  const packs = choosePacks(state);
  const slots = packs.map((leaves, i) => {
    const own = leaves.map((at) => state[at]!.before);
    const total = own.reduce((sum, value) => sum + sizeOf(value), 0);
    const only = own[0]!;
    if (own.length === 1) {
      const before = g.input(`state${i}`, only);
      given.set(only, before);
      return { leaves, before };
    }
    const before = g.input(`state${i}`, { shape: [total], dtype: 'float32' });
    const types = own.map((value) => ({ shape: [sizeOf(value)], dtype: value.dtype }));
    const parts = g.ops('Split', [before, g.list(own.map(sizeOf))], types, { attributes: { axis: 0 } });
    own.forEach((value, k) => given.set(value, reshape(g, parts[k]!, value.shape)));
    return { leaves, before };
  });
  const copy = replay(g, given);
  const lanes = laneBuilder(
    g,
    copy,
    new Map(slots.map(({ leaves, before }) => [laneKey(leaves.map((at) => state[at]!.before)), before])),
  );
  return {
    inputs: newInputs,
    outputs: outputs.map(copy),
    slots: slots.map(({ leaves, before }) => {
      const after = leaves.map((at) => state[at]!.after);
      return { leaves, before, after: leaves.length === 1 ? copy(after[0]!) : lanes(after) };
    }),
  };
}

function inputName({ source }: Value): string {
  return source.kind === 'input' ? source.name : '';
}

/** Leaves whose updates look alike, in packs that correspond to each other: parameter i, its moments ... */
function choosePacks(state: readonly StateLeaf[]): number[][] {
  const position = new Map<Value, number>(state.map(({ before }, i) => [before, i]));
  const classes = new Map<string, number[][]>();
  const shapes = state.map(({ before, after }) =>
    before.dtype === 'float32' && sizeOf(before) <= largestPacked && sizeOf(before) > 0
      ? lookOf(after, position)
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

const laneOps = new Set([
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Sqrt',
  'Neg',
  'Abs',
  'Sign',
  'Exp',
  'Max',
  'Min',
  'Clip',
  'Reciprocal',
]);

/** A node that treats every entry alike, with operands as large as its result or single numbers. */
function laneNode(value: Value): Node | undefined {
  const { source } = value;
  if (source.kind !== 'node' || value.dtype !== 'float32') return undefined;
  const { node } = source;
  if (!laneOps.has(node.op) || node.domain !== '') return undefined;
  const fits = node.inputs.every((each) => each && (sizeOf(each) === sizeOf(value) || isNumber(each)));
  return fits ? node : undefined;
}

function isNumber(value: Value): boolean {
  return splatOf(value) !== undefined || sizeOf(value) === 1;
}

/** How an update is made, in words that are the same for updates that can be computed together. */
function lookOf(after: Value, position: ReadonlyMap<Value, number>): { key: string; leaves: number[] } {
  const leaves: number[] = [];
  const others: Value[] = [];
  const seen = new Map<Value, number>();
  const words: string[] = [];
  const visit = (value: Value, size: number): void => {
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
    if (!node || !reachesState(node, position)) {
      if (!others.includes(value)) others.push(value);
      words.push(`x${others.indexOf(value)}`);
      return;
    }
    words.push(`${node.op}(`);
    for (const input of node.inputs) visit(input!, size);
    words.push(')');
  };
  visit(after, sizeOf(after));
  return { key: words.join(' '), leaves };
}

/** Whether an elementwise tree over state leaves begins here. */
function reachesState(node: Node, position: ReadonlyMap<Value, number>): boolean {
  return node.inputs.some((input) => {
    if (!input) return false;
    if (position.has(input)) return true;
    const inner = laneNode(input);
    return inner !== undefined && reachesState(inner, position);
  });
}

function laneKey(values: readonly Value[]): string {
  return values.map(({ id }) => id).join();
}

/** Computes a tuple of values of one look as one long value. */
function laneBuilder(
  g: Graph,
  copy: (value: Value) => Value,
  known: ReadonlyMap<string, Value>,
): (tuple: readonly Value[]) => Value {
  const made = new Map<string, Value>(known);
  const build = (tuple: readonly Value[]): Value => {
    const key = laneKey(tuple);
    const found = made.get(key);
    if (found) return found;
    const value = asOne(tuple) ?? concatenated(tuple);
    made.set(key, value);
    return value;
  };
  const asOne = (tuple: readonly Value[]): Value | undefined => {
    const nodes = tuple.map(laneNode);
    const [first] = nodes;
    if (!first || nodes.some((node) => !node || !isLike(node, first))) return undefined;
    const total = tuple.reduce((sum, value) => sum + sizeOf(value), 0);
    const operands: Value[] = [];
    for (let k = 0; k < first.inputs.length; k++) {
      const column = nodes.map((node) => node!.inputs[k]!);
      const number = commonNumber(column, tuple);
      if (number === undefined && column.some((value, i) => sizeOf(value) !== sizeOf(tuple[i]!)))
        return undefined;
      operands.push(number ?? build(column));
    }
    return elementwise(g, first.op, operands, {
      dtype: 'float32',
      attributes: first.attributes,
      shape: [total],
    });
  };
  /** The one number that all have as their operand. */
  const commonNumber = (column: readonly Value[], tuple: readonly Value[]): Value | undefined => {
    const first = column[0]!;
    const splat = splatOf(first);
    if (splat !== undefined && column.every((value) => splatOf(value) === splat))
      return g.splat(splat, { shape: [], dtype: first.dtype });
    if (sizeOf(first) !== 1 || column.some((value) => value !== first) || tuple.length < 2) return undefined;
    return reshape(g, copy(first), []);
  };
  const concatenated = (tuple: readonly Value[]): Value => {
    const parts = tuple.map((value) => reshape(g, copy(value), [sizeOf(value)]));
    const total = parts.reduce((sum, value) => sum + sizeOf(value), 0);
    return g.op('Concat', parts, { shape: [total], dtype: 'float32' }, { attributes: { axis: 0 } });
  };
  return build;
}

function isLike(node: Node, other: Node): boolean {
  return (
    node.op === other.op &&
    node.inputs.length === other.inputs.length &&
    JSON.stringify(node.attributes) === JSON.stringify(other.attributes)
  );
}
