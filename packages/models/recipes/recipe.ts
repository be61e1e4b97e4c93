import type { CheckpointStore, FitEvent } from '@lab/tensor-core';

export interface Watch {
  readonly onStep: (event: FitEvent) => void;
  readonly signal: AbortSignal;
  /** Where a training that is stopped goes on from. */
  readonly checkpoint?: CheckpointStore | undefined;
}

/** How one of the small models is trained: the same weights from the same data on the same machine. */
export type Recipe = (watch: Watch) => Promise<{
  /** The caller's to dispose. */
  readonly params: object;
  readonly losses: readonly number[];
  readonly seconds: number;
}>;
