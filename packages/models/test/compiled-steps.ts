import { cloneTree, disposeTree, tf, tidyTree, treeLeaves, treeMap, type Tensor } from '@lab/tensor-core';
import { compileStep } from '@lab/tensor-core/compile';
import { foldIn, key, type Key } from '@lab/tensor-core/random';
import { expect } from 'vitest';

/** One step of gradient descent on a loss, as `expectSameSteps` takes it. */
export function descend<State, Input>(
  slope: (state: State, input: Input, key: Key) => { value: Tensor; grads: State },
  rate: number,
) {
  return (state: State, input: Input, at: Key) =>
    tidyTree(() => {
      const { value, grads } = slope(state, input, at);
      const next = treeMap((p: Tensor, g: Tensor) => tf.sub(p, tf.mul(g, rate)), state, grads);
      return { state: next, output: value };
    });
}

/** Three compiled steps give the losses and the state of three eager ones. @returns the losses */
export function expectSameSteps<State, Input>(
  step: ReturnType<typeof descend<State, Input>>,
  start: State,
  input: Input,
): number[] {
  // The bound asked for: absolute for numbers below 1, relative above.
  const close = { rtol: 1e-4, atol: 1e-4 };
  const compiled = compileStep(step, start, { threads: 1, keyInputs: [1] });
  let eager = cloneTree(start);
  const losses: number[] = [];
  for (let i = 0; i < 3; i++) {
    const next = step(eager, input, foldIn(key(1), i));
    const output = compiled.run(input, foldIn(key(1), i));
    losses.push(output.dataSync()[0]!);
    expect(output).toBeAllclose(next.output, close);
    disposeTree([eager, next.output, output]);
    eager = next.state;
  }
  const read = compiled.read();
  const ours = treeLeaves<Tensor>(read as never);
  treeLeaves<Tensor>(eager as never).forEach((leaf, i) => expect(ours[i]!).toBeAllclose(leaf, close));
  compiled.dispose();
  disposeTree([eager, read]);
  return losses;
}
