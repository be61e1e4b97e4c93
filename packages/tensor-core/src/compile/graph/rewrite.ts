import { createGraph } from './graph';
import { replay } from './replay';
import type { Graph, Model, Value } from './types';

/** What a rewriting puts in the place of values: made in the new graph from values that `copy` brings over. */
export type Replacement = (g: Graph, copy: (value: Value) => Value) => Value;

/** The model with some values replaced; what only they needed is gone. */
export function rewrite(model: Model, replacements: ReadonlyMap<Value, Replacement>): Model {
  if (replacements.size === 0) return model;
  const g = createGraph();
  const given = new Map<Value, Value>();
  const inputs = model.inputs.map(({ name, value }) => {
    const made = g.input(name, value);
    given.set(value, made);
    return { name, value: made };
  });
  const copy = replay(g, given);
  // In the order of computation, so that a replacement finds those before it done.
  for (const [value, replacement] of replacements) given.set(value, replacement(g, copy));
  return {
    name: model.name,
    inputs,
    outputs: model.outputs.map(({ name, value }) => ({ name, value: copy(value) })),
  };
}
