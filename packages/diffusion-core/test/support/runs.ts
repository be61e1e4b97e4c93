import { treeLeaves, type Tensor } from '@lab/tensor-core';
import type { DenoisingNetwork } from '../../src';

/** The network, and how often it was called: at every step when it runs op by op, at a trace when it is compiled. */
export function counted<P>(network: DenoisingNetwork<P>): DenoisingNetwork<P> & { calls: number } {
  const counter = {
    ...network,
    calls: 0,
    apply: (...args: Parameters<DenoisingNetwork<P>['apply']>) => {
      counter.calls++;
      return network.apply(...args);
    },
  };
  return counter;
}

/** All numbers of a tree of tensors. */
export const numbers = (tree: unknown): number[] =>
  treeLeaves<Tensor>(tree as never).flatMap((leaf) => Array.from(leaf.dataSync()));
