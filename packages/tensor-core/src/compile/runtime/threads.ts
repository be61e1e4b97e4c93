import { compiledThreads, requestedThreads } from '../../engine/execution';
import { sizeOf } from '../graph/graph';
import { reachable } from '../graph/reachable';
import type { Model, Node } from '../graph/types';

/** Multiplications below which threads cost more in waiting for each other than they save. */
const leastShared = 1e7;

/** Threads for a graph when its caller did not say: those of `engine({ threads })`, otherwise one for little work and all. */
export function threadsFor(model: Model): number {
  return requestedThreads() ?? (multiplications(model) < leastShared ? 1 : compiledThreads());
}

/** Multiplications in the products and convolutions of a graph; the rest is small beside them, or as large as they are. */
function multiplications({ outputs }: Model): number {
  const { nodes } = reachable(outputs.map(({ value }) => value));
  return nodes.reduce((sum, node) => sum + work(node), 0);
}

function work({ op, inputs, outputs, attributes }: Node): number {
  const [a, b] = inputs;
  const size = sizeOf(outputs[0]!);
  if (!a || !b) return size;
  if (op === 'MatMul') return size * a.shape.at(-1)!;
  if (op === 'FusedMatMul') return size * a.shape.at(attributes['transA'] === 1 ? -2 : -1)!;
  if (op === 'Conv') return size * (sizeOf(b) / b.shape[0]!);
  if (op === 'ConvTranspose') return sizeOf(a) * (sizeOf(b) / b.shape[0]!);
  return size;
}
