import type { Graph, Node, Value } from './types';

/**
 * Copies values from one graph to another, each once.
 *
 * @param given what stands in the new graph for values of the old one; it grows with every copy
 */
export function replay(to: Graph, given: Map<Value, Value>): (value: Value) => Value {
  const made = given;
  const copyNode = (node: Node): void => {
    const outputs = to.ops(
      node.op,
      node.inputs.map((each) => each && made.get(each)),
      node.outputs,
      { attributes: node.attributes, domain: node.domain },
    );
    node.outputs.forEach((output, i) => made.set(output, outputs[i]!));
  };
  const copySource = (value: Value): void => {
    const { source } = value;
    if (source.kind === 'splat') made.set(value, to.splat(source.value, value));
    else if (source.kind === 'constant')
      made.set(value, value.dtype === 'int64' ? to.list([...source.data]) : to.constant(source.data, value));
    else if (source.kind === 'input') throw new Error(`the input ${source.name} stands for nothing`);
  };
  return (value) => {
    // Its own stack: graphs of long loops are deeper than the call stack.
    const stack: Value[] = [value];
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      if (made.has(top)) {
        stack.pop();
        continue;
      }
      const { source } = top;
      if (source.kind !== 'node') {
        copySource(top);
        continue;
      }
      const waiting = source.node.inputs.filter(
        (each): each is Value => each !== undefined && !made.has(each),
      );
      if (waiting.length > 0) stack.push(...waiting);
      else copyNode(source.node);
    }
    return made.get(value)!;
  };
}
