import { createGraph, sizeOf } from './graph';
import { reachable, usersOf } from './reachable';
import type { Graph, Model, Node, Value } from './types';

/*
 * The runtime computes node by node, so a chain of elementwise nodes over more than the processor's cache holds goes to
 * memory and back with each of them. Here such chains are cut along the first axis into blocks that stay in the cache
 * from the first node of the chain to the last.
 */

/** Entries of a block for each thread: 256 KiB of float32, so that a few of them fit beside each other in its cache. */
const blockSize = 1 << 16;

/** Below this many entries there is nothing to gain. */
const least = 1 << 17;

const entrywise = new Set([
  ...[
    'Abs',
    'Add',
    'Cast',
    'Clip',
    'Div',
    'Elu',
    'Equal',
    'Erf',
    'Exp',
    'Gelu',
    'Greater',
    'GreaterOrEqual',
    'LeakyRelu',
  ],
  ...[
    'Less',
    'LessOrEqual',
    'Log',
    'Max',
    'Min',
    'Mul',
    'Neg',
    'Not',
    'And',
    'Or',
    'Pow',
    'Reciprocal',
    'Relu',
    'Sigmoid',
  ],
  ...['Sign', 'Softplus', 'Sqrt', 'Sub', 'Tanh', 'Where'],
]);

/** Operators that treat each entry of the first axis alone, as long as they work along the last. */
const alongLast = new Set([
  'Softmax',
  'LogSoftmax',
  'ReduceSum',
  'ReduceMean',
  'ReduceMax',
  'LayerNormalization',
]);

/** The model with its long chains computed in blocks. */
export function inBlocks(model: Model, threads: number): Model {
  const { nodes } = reachable(model.outputs.map(({ value }) => value));
  const cut = chosen(nodes, new Set(model.outputs.map(({ value }) => value)), threads * blockSize);
  if (cut.size === 0) return model;
  const g = createGraph();
  const whole = new Map<Value, Value>();
  const inputs = model.inputs.map(({ name, value }) => {
    const made = g.input(name, value);
    whole.set(value, made);
    return { name, value: made };
  });
  const builder = blockBuilder(g, whole);
  for (const node of nodes) {
    const rows = cut.get(node);
    if (rows === undefined) builder.copy(node);
    else builder.inBlocks(node, rows);
  }
  return {
    name: model.name,
    inputs,
    outputs: model.outputs.map(({ name, value }) => ({ name, value: builder.whole(value) })),
  };
}

/** How many rows a node's blocks have, for nodes that can be computed in blocks. */
function rowsOf(node: Node, block: number): number | undefined {
  if (node.domain !== '' || !(entrywise.has(node.op) || alongLast.has(node.op))) return undefined;
  const largest = node.inputs.reduce<Value>(
    (most, each) => (each && sizeOf(each) > sizeOf(most) ? each : most),
    node.outputs[0]!,
  );
  const [first] = largest.shape;
  const rank = largest.shape.length;
  if (first === undefined || sizeOf(largest) < least) return undefined;
  if (alongLast.has(node.op) && !worksAlongLast(node, rank)) return undefined;
  if (node.outputs.some(({ shape }) => shape.length !== rank || shape[0] !== first)) return undefined;
  const fits = node.inputs.every(
    (each) =>
      !each ||
      each.dtype === 'int64' ||
      each.shape.length < rank ||
      each.shape[0] === 1 ||
      each.shape[0] === first,
  );
  return fits ? rowsPerBlock(first, sizeOf(largest), block) : undefined;
}

function worksAlongLast({ op, inputs, attributes }: Node, rank: number): boolean {
  if (rank < 2) return false;
  if (!op.startsWith('Reduce')) return attributes['axis'] === rank - 1 || attributes['axis'] === -1;
  const axes = inputs[1]?.source;
  return (
    attributes['keepdims'] === 1 &&
    axes?.kind === 'constant' &&
    axes.data.length === 1 &&
    axes.data[0] === rank - 1
  );
}

/** The greatest divisor of the rows that keeps a block small; none if that leaves blocks too small to be worth a node. */
function rowsPerBlock(rows: number, size: number, block: number): number | undefined {
  const wanted = Math.floor((rows * block) / size);
  for (let each = wanted; each >= 1; each--)
    if (rows % each === 0) return (each * size) / rows < block / 4 || each === rows ? undefined : each;
  return undefined;
}

/** The nodes of chains that gain more by staying in the cache than cutting and joining costs. */
function chosen(nodes: readonly Node[], outputs: ReadonlySet<Value>, block: number): Map<Node, number> {
  const rows = new Map<Node, number>();
  for (const node of nodes) {
    const own = rowsOf(node, block);
    if (own !== undefined) rows.set(node, own);
  }
  const group = new Map<Node, Set<Node>>();
  for (const node of rows.keys()) {
    let own = new Set([node]);
    for (const input of node.inputs) {
      const maker = input?.source.kind === 'node' ? input.source.node : undefined;
      const other = maker && rows.get(maker) === rows.get(node) ? group.get(maker) : undefined;
      if (!other || other === own) continue;
      const [small, large] = own.size < other.size ? [own, other] : [other, own];
      for (const each of small) {
        large.add(each);
        group.set(each, large);
      }
      own = large;
    }
    own.add(node);
    group.set(node, own);
  }
  const users = usersOf(nodes);
  const found = new Map<Node, number>();
  for (const members of new Set(group.values()))
    if (gain(members, users, outputs) > 0) for (const node of members) found.set(node, rows.get(node)!);
  return found;
}

/**
 * What cutting or joining a value costs, in nodes that are computed in blocks instead of whole: it is a copy on one thread,
 * and what stands beside the chain finds the value out of the cache. Measured on whole training steps.
 */
const boundary = 2.5;

/** Nodes that stay in the cache, less what cutting and joining cost. */
function gain(
  members: ReadonlySet<Node>,
  users: ReadonlyMap<Value, readonly Node[]>,
  outputs: ReadonlySet<Value>,
): number {
  const isLarge = (value: Value): boolean => sizeOf(value) >= least;
  const cut = new Set<Value>();
  let [saved, joined] = [0, 0];
  for (const node of members) {
    if (node.outputs.some(isLarge)) saved++;
    for (const input of node.inputs)
      if (input && isLarge(input) && !(input.source.kind === 'node' && members.has(input.source.node)))
        cut.add(input);
    for (const output of node.outputs)
      if (
        isLarge(output) &&
        (outputs.has(output) || (users.get(output) ?? []).some((user) => !members.has(user)))
      )
        joined++;
  }
  return saved - boundary * (cut.size + joined) - 0.5;
}

/** Builds nodes of the new graph, whole or in blocks; values are cut and joined where the two meet. */
function blockBuilder(g: Graph, wholes: Map<Value, Value>) {
  const blocks = new Map<Value, readonly Value[]>();
  const whole = (value: Value): Value => {
    const known = wholes.get(value);
    if (known) return known;
    const { source } = value;
    const parts = blocks.get(value);
    const made =
      source.kind === 'splat'
        ? g.splat(source.value, value)
        : source.kind === 'constant'
          ? value.dtype === 'int64'
            ? g.list([...source.data])
            : g.constant(source.data, value)
          : g.op('Concat', [...parts!], value, { attributes: { axis: 0 } });
    wholes.set(value, made);
    return made;
  };
  const cut = (value: Value, each: number): readonly Value[] => {
    const known = blocks.get(value);
    if (known?.[0]?.shape[0] === each) return known;
    const [rows, ...rest] = value.shape as [number, ...number[]];
    const sizes = Array.from({ length: rows / each }, () => each);
    const made = g.ops(
      'Split',
      [whole(value), g.list(sizes)],
      sizes.map((size) => ({ shape: [size, ...rest], dtype: value.dtype })),
      { attributes: { axis: 0 } },
    );
    if (!known) blocks.set(value, made);
    return made;
  };
  return {
    whole,
    copy(node: Node): void {
      const inputs = node.inputs.map((each) => each && whole(each));
      const made = g.ops(node.op, inputs, node.outputs, { attributes: node.attributes, domain: node.domain });
      node.outputs.forEach((output, i) => wholes.set(output, made[i]!));
    },
    inBlocks(node: Node, each: number): void {
      const [rows, rank] = [node.outputs[0]!.shape[0]!, node.outputs[0]!.shape.length];
      const parts = node.inputs.map((input) =>
        input && input.dtype !== 'int64' && input.shape.length === rank && input.shape[0] === rows && rows > 1
          ? cut(input, each)
          : input && whole(input),
      );
      const made = Array.from({ length: rows / each }, (_, i) =>
        g.ops(
          node.op,
          parts.map((part) =>
            Array.isArray(part) ? (part as readonly Value[])[i] : (part as Value | undefined),
          ),
          node.outputs.map(({ shape, dtype }) => ({ shape: [each, ...shape.slice(1)], dtype })),
          { attributes: node.attributes, domain: node.domain },
        ),
      );
      node.outputs.forEach((output, k) =>
        blocks.set(
          output,
          made.map((outputs) => outputs[k]!),
        ),
      );
    },
  };
}
