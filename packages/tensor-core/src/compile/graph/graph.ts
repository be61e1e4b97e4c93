import type { ConstantData, Graph, GraphType, Node, OpOptions, OutputType, Source, Value } from './types';

/** An empty graph. */
export function createGraph(): Graph {
  let next = 0;
  const known = new Map<string, readonly Value[]>();
  const value = ({ shape, dtype }: OutputType, source: Source): Value => ({
    id: next++,
    shape: [...shape],
    dtype,
    source,
  });
  const once = (key: string, make: () => readonly Value[]): readonly Value[] => {
    let found = known.get(key);
    if (found === undefined) known.set(key, (found = make()));
    return found;
  };

  const graph: Graph = {
    input: (name, type) => value(type, { kind: 'input', name }),
    splat: (number, type) =>
      // -0 and 0 differ in what they divide to.
      once(`splat ${Object.is(number, -0) ? '-0' : number} ${typeKey(type)}`, () => [
        value(type, { kind: 'splat', value: number }),
      ])[0]!,
    constant(data, type) {
      const number = uniform(data);
      if (number !== undefined) return graph.splat(number, type);
      const make = (): readonly Value[] => [value(type, { kind: 'constant', data })];
      return data.length > maxKeyed ? make()[0]! : once(`data ${typeKey(type)} ${dataKey(data)}`, make)[0]!;
    },
    list: (values) =>
      once(`list ${values.join()}`, () => [
        value(
          { shape: [values.length], dtype: 'int64' },
          { kind: 'constant', data: Int32Array.from(values) },
        ),
      ])[0]!,
    op: (op, inputs, output, options) => graph.ops(op, inputs, [output], options)[0]!,
    ops(op, inputs, outputs, { attributes = {}, domain = '' }: OpOptions = {}) {
      const key = `${domain}:${op} ${inputs.map((each) => each?.id ?? '').join()} ${JSON.stringify(attributes)} ${outputs.map(typeKey).join(' ')}`;
      return once(key, () => {
        const made: Value[] = [];
        const node: Node = { op, domain, inputs: [...inputs], attributes, outputs: made };
        for (const output of outputs) made.push(value(output, { kind: 'node', node }));
        return made;
      });
    },
  };
  return graph;
}

/** Larger constants are not compared with each other. */
const maxKeyed = 1024;

function typeKey({ shape, dtype }: { shape: readonly number[]; dtype: GraphType }): string {
  return `${dtype}[${shape.join()}]`;
}

function dataKey(data: ConstantData): string {
  return Array.from(data, (x) => (Object.is(x, -0) ? '-0' : String(x))).join();
}

/** The number that all entries are, if they are one. */
function uniform(data: ConstantData): number | undefined {
  const first = data[0];
  if (first === undefined) return undefined;
  for (const x of data) if (!Object.is(x, first)) return undefined;
  return first;
}

/** The number that a value is everywhere, if it is one and known. */
export function splatOf({ source }: Value): number | undefined {
  return source.kind === 'splat' ? source.value : undefined;
}

/** The node that makes a value, if it is one of this operator. */
export function madeBy(value: Value, op: string): Node | undefined {
  const { source } = value;
  return source.kind === 'node' && source.node.op === op && source.node.domain === ''
    ? source.node
    : undefined;
}

export function sizeOf({ shape }: { readonly shape: readonly number[] }): number {
  return shape.reduce((a, b) => a * b, 1);
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}
