import { reshape } from './arrange';
import { sizeOf } from './graph';
import { reachable, usersOf } from './reachable';
import { rewrite, type Replacement } from './rewrite';
import type { Model, Node, Value } from './types';

/** Convolutions take the bias that is added to them as a third input, which saves a pass over their result. */
export function withBiases(model: Model): Model {
  const outputs = new Set(model.outputs.map(({ value }) => value));
  const { nodes } = reachable([...outputs]);
  const users = usersOf(nodes);
  const replacements = new Map<Value, Replacement>();
  for (const node of nodes) {
    const found = biased(node);
    if (!found || outputs.has(found.product) || users.get(found.product)!.length > 1) continue;
    const { convolution, bias } = found;
    replacements.set(node.outputs[0]!, (g, copy) => {
      const [x, w] = convolution.inputs.map((each) => copy(each!)) as [Value, Value];
      const b = reshape(g, copy(bias), [sizeOf(bias)]);
      return g.op('Conv', [x, w, b], convolution.outputs[0]!, { attributes: convolution.attributes });
    });
  }
  return rewrite(model, replacements);
}

/** The convolution and the bias of a sum of the two. */
function biased({ op, inputs }: Node): { product: Value; convolution: Node; bias: Value } | undefined {
  if (op !== 'Add') return undefined;
  for (const [product, bias] of [inputs, [...inputs].reverse()] as [Value, Value][]) {
    const { source } = product;
    if (source.kind !== 'node' || source.node.op !== 'Conv' || source.node.inputs.length !== 2) continue;
    const channels = product.shape[1]!;
    const places = product.shape.length - 2;
    const ending = [channels, ...Array.from({ length: places }, () => 1)].join();
    if (sizeOf(bias) === channels && bias.shape.slice(-places - 1).join() === ending)
      return { product, convolution: source.node, bias };
  }
  return undefined;
}
