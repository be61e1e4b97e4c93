import { reshape } from './arrange';
import { elementwise } from './elementwise';
import { sizeOf, splatOf } from './graph';
import type { Graph, Node, Value } from './types';

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

/** Updates are trees of a dozen levels; what lies deeper is not part of one. */
export const deepest = 64;

/** A node that treats every entry alike, with operands as large as its result or single numbers. */
export function laneNode(value: Value): Node | undefined {
  const { source } = value;
  if (source.kind !== 'node' || value.dtype !== 'float32') return undefined;
  const { node } = source;
  if (!laneOps.has(node.op) || node.domain !== '') return undefined;
  const fits = node.inputs.every((each) => each && (sizeOf(each) === sizeOf(value) || isNumber(each)));
  return fits ? node : undefined;
}

/** One number, for all entries alike. */
export function isNumber(value: Value): boolean {
  return splatOf(value) !== undefined || sizeOf(value) === 1;
}

/** A tuple of values as a key. */
export function laneKey(values: readonly Value[]): string {
  return values.map(({ id }) => id).join();
}

/** Computes a tuple of values of one look as one long value. */
export function laneBuilder(
  g: Graph,
  copy: (value: Value) => Value,
  known: ReadonlyMap<string, Value>,
): (tuple: readonly Value[]) => Value {
  const made = new Map<string, Value>(known);
  const build = (tuple: readonly Value[], depth: number): Value => {
    const key = laneKey(tuple);
    const found = made.get(key);
    if (found) return found;
    const value = (depth < deepest ? asOne(tuple, depth) : undefined) ?? concatenated(tuple);
    made.set(key, value);
    return value;
  };
  const asOne = (tuple: readonly Value[], depth: number): Value | undefined => {
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
      operands.push(number ?? build(column, depth + 1));
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
  return (tuple) => build(tuple, 0);
}

function isLike(node: Node, other: Node): boolean {
  return (
    node.op === other.op &&
    node.inputs.length === other.inputs.length &&
    JSON.stringify(node.attributes) === JSON.stringify(other.attributes)
  );
}
