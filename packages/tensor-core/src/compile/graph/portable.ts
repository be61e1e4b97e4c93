import { add, mul, sub } from './arithmetic';
import { concat, slice } from './pieces';
import { lastSwapped } from './product';
import { reachable } from './reachable';
import { rewrite } from './rewrite';
import type { Graph, Model, Node, Value } from './types';

/** The model in standard operators alone: what the runtime's own operators do is spelt out. */
export function portable(model: Model): Model {
  const { nodes } = reachable(model.outputs.map(({ value }) => value));
  const own = nodes.filter((node) => node.domain !== '' || cropsOf(node));
  return rewrite(model, new Map(own.map((node) => [node.outputs[0]!, (g, copy) => standard(g, node, copy)])));
}

function standard(g: Graph, node: Node, copy: (value: Value) => Value): Value {
  if (node.op === 'FusedMatMul') return matrixProduct(g, node, copy);
  if (node.op === 'Pad') return cropAndPad(g, node, copy);
  if (node.op === 'RotaryEmbedding') return rotated(g, node, copy);
  throw new Error(`no standard form of ${node.op}`);
}

/** Of [1, heads, length, width] with cosines and sines [length, width / 2]. */
function rotated(g: Graph, { inputs }: Node, copy: (value: Value) => Value): Value {
  const [x, cos, sin] = [copy(inputs[0]!), copy(inputs[2]!), copy(inputs[3]!)];
  const [one, heads, length, width] = x.shape as [number, number, number, number];
  const half = width / 2;
  const part = (from: number): Value => slice(g, x, [0, 0, 0, from], [one, heads, length, half]);
  const [first, second] = [part(0), part(half)];
  return concat(
    g,
    [sub(g, mul(g, first, cos), mul(g, second, sin)), add(g, mul(g, second, cos), mul(g, first, sin))],
    3,
  );
}

/** The widths of a padding that takes away somewhere, which not every tool knows. */
function cropsOf({ op, inputs }: Node): readonly number[] | undefined {
  const source = op === 'Pad' ? inputs[1]!.source : undefined;
  const widths = source?.kind === 'constant' ? [...source.data] : [];
  return widths.some((width) => width < 0) ? widths : undefined;
}

function cropAndPad(g: Graph, node: Node, copy: (value: Value) => Value): Value {
  const [x, fill] = [copy(node.inputs[0]!), node.inputs[2] && copy(node.inputs[2])];
  const widths = cropsOf(node)!;
  const rank = x.shape.length;
  const paddings = x.shape.map((_, axis): [number, number] => [widths[axis]!, widths[axis + rank]!]);
  const cropped = slice(
    g,
    x,
    paddings.map(([before]) => Math.max(0, -before)),
    x.shape.map((size, axis) => size + Math.min(0, paddings[axis]![0]) + Math.min(0, paddings[axis]![1])),
  );
  const rest = [...widths].map((width) => Math.max(0, width));
  if (rest.every((width) => width === 0)) return cropped;
  return g.op('Pad', [cropped, g.list(rest), fill], node.outputs[0]!, { attributes: node.attributes });
}

function matrixProduct(
  g: Graph,
  { inputs, attributes, outputs }: Node,
  copy: (value: Value) => Value,
): Value {
  const factor = (value: Value, turned: boolean): Value => {
    const x = copy(value);
    const perm = lastSwapped(x.shape.length);
    if (!turned) return x;
    return g.op(
      'Transpose',
      [x],
      { shape: perm.map((axis) => x.shape[axis]!), dtype: x.dtype },
      { attributes: { perm } },
    );
  };
  const [a, b] = [
    factor(inputs[0]!, attributes['transA'] === 1),
    factor(inputs[1]!, attributes['transB'] === 1),
  ];
  const alpha = (attributes['alpha'] as { readonly float: number }).float;
  const product = g.op('MatMul', [a, b], outputs[0]!);
  if (alpha === 1) return product;
  return g.op('Mul', [product, g.splat(Math.fround(alpha), { shape: [], dtype: product.dtype })], product);
}
