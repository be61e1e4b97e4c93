import { sizeOf } from './graph';
import { reachable } from './reachable';
import { rewrite } from './rewrite';
import type { Graph, Model, Node, Value } from './types';

/** The domain of the runtime's convolutions over channels in blocks, which it uses by itself for weights that are known. */
export const blockedDomain = 'com.microsoft.nchwc';

/**
 * Convolutions by the runtime's faster kernel: its input has the channels in blocks of the processor's vector length,
 * [batch, channels / block, height, width, block]. The runtime itself takes it only where the weights are constants, as they
 * are when a finished model is run; in training they are inputs, so they are put in its order here.
 *
 * @param block channels of a block, 8 or 16
 */
export function blockedConvolutions(model: Model, block: number): Model {
  const { nodes } = reachable(model.outputs.map(({ value }) => value));
  const chosen = nodes.filter((node) => isBlockable(node, block));
  return rewrite(
    model,
    new Map(chosen.map((node) => [node.outputs[0]!, (g, copy) => blocked(g, node, copy, block)])),
  );
}

/** Whether a model has anything for {@link blockedConvolutions}. */
export function hasConvolutions({ outputs }: Model): boolean {
  return reachable(outputs.map(({ value }) => value)).nodes.some((node) => isBlockable(node, 8));
}

/** Small convolutions gain less than the two reorderings cost. */
const least = 1 << 21;

function isBlockable({ op, domain, inputs, attributes, outputs }: Node, block: number): boolean {
  const [x, w] = inputs;
  if (op !== 'Conv' || domain !== '' || !x || !w || x.shape.length !== 4) return false;
  if ((attributes['group'] ?? 1) !== 1) return false;
  const [outputsCount, inputsCount] = w.shape as [number, number];
  const work = sizeOf(outputs[0]!) * (sizeOf(w) / outputsCount);
  return inputsCount % block === 0 && outputsCount % block === 0 && work >= least;
}

function blocked(g: Graph, node: Node, copy: (value: Value) => Value, block: number): Value {
  const [x, w, ...bias] = node.inputs.map((each) => copy(each!)) as [Value, Value, ...Value[]];
  const output = node.outputs[0]!;
  const [o, i, height, width] = w.shape as [number, number, number, number];
  const cut = [o / block, block, i / block, block, height, width];
  const order = [0, 2, 4, 5, 3, 1];
  const parts = g.op('Reshape', [w, g.list(cut)], { shape: cut, dtype: w.dtype });
  const turned = g.op(
    'Transpose',
    [parts],
    { shape: order.map((axis) => cut[axis]!), dtype: w.dtype },
    { attributes: { perm: order } },
  );
  const weights = g.op('Reshape', [turned, g.list(w.shape)], w);
  const domain = blockedDomain;
  const into = g.op('ReorderInput', [x], x, { domain });
  const y = g.op('Conv', [into, weights, ...bias], output, { domain, attributes: node.attributes });
  return g.op('ReorderOutput', [y], output, { domain, attributes: { channels: o } });
}
