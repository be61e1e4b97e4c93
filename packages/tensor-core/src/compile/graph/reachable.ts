import type { Node, Value } from './types';

/** Nodes in an order of computation, and the constants that they use. */
export function reachable(outputs: readonly Value[]): { nodes: Node[]; constants: Value[] } {
  const nodes: Node[] = [];
  const constants = new Set<Value>();
  const seen = new Set<Node>();
  // A stack of its own: graphs of long loops are deeper than the call stack.
  const stack: (Value | Node)[] = [...outputs].reverse();
  for (let item = stack.pop(); item; item = stack.pop()) {
    if ('op' in item) {
      nodes.push(item);
      continue;
    }
    const { source } = item;
    if (source.kind === 'splat' || source.kind === 'constant') constants.add(item);
    if (source.kind !== 'node' || seen.has(source.node)) continue;
    seen.add(source.node);
    stack.push(source.node, ...source.node.inputs.filter((each) => each !== undefined).reverse());
  }
  return { nodes: sorted(nodes), constants: [...constants] };
}

/** The walk above meets a shared value where it is first asked for, which may be after a node that needs it. */
function sorted(nodes: readonly Node[]): Node[] {
  return [...nodes].sort((a, b) => a.outputs[0]!.id - b.outputs[0]!.id);
}

/** The nodes that use each value. */
export function usersOf(nodes: readonly Node[]): ReadonlyMap<Value, readonly Node[]> {
  const users = new Map<Value, Node[]>();
  for (const node of nodes)
    for (const input of node.inputs) {
      if (!input) continue;
      const known = users.get(input);
      if (known) known.push(node);
      else users.set(input, [node]);
    }
  return users;
}
