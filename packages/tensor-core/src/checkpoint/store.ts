import type { HostArray } from '../io/host-array';
import type { Tree } from '../tree';

/** What a run needs to go on exactly where it stopped. */
export interface Checkpoint {
  /** Steps done: a whole number from 0. */
  readonly step: number;
  /** Named trees of arrays, for example `params` and `optimizer`. */
  readonly trees: Readonly<Record<string, Tree<HostArray>>>;
  /** All else, as JSON: keys, position in the data, history. Numbers are finite. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** A checkpoint as it was read back. */
export interface LoadedCheckpoint extends Checkpoint {
  /** What was wrong with newer checkpoints that had to be passed over; empty when there were none. */
  readonly warnings: readonly string[];
}

/** Where a run's checkpoints live. `save` either completes or leaves the earlier ones as they were. */
export interface CheckpointStore {
  /** The latest readable checkpoint; `undefined` when there is none yet. */
  load(): Promise<LoadedCheckpoint | undefined>;
  save(checkpoint: Checkpoint): Promise<void>;
}
