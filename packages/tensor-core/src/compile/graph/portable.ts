import { lastSwapped } from './product';
import { reachable } from './reachable';
import { rewrite } from './rewrite';
import type { Graph, Model, Node, Value } from './types';

/** The model in standard operators alone: what the runtime's own operators do is spelt out. */
export function portable(model: Model): Model {
  const { nodes } = reachable(model.outputs.map(({ value }) => value));
  const own = nodes.filter(({ domain }) => domain !== '');
  return rewrite(model, new Map(own.map((node) => [node.outputs[0]!, (g, copy) => standard(g, node, copy)])));
}

function standard(g: Graph, { op, inputs, attributes, outputs }: Node, copy: (value: Value) => Value): Value {
  if (op !== 'FusedMatMul') throw new Error(`no standard form of ${op}`);
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
