import { copyCheckpoint } from './copy-checkpoint';
import type { Checkpoint, CheckpointStore, LoadedCheckpoint } from './store';

/**
 * Keeps the latest checkpoint in memory: for tests and for pages that may resume until they are closed.
 * What was saved and what is loaded are copies, so later changes reach neither.
 */
export function memoryCheckpoints(): CheckpointStore {
  let latest: Checkpoint | undefined;
  return {
    async load(): Promise<LoadedCheckpoint | undefined> {
      return latest && { ...copyCheckpoint(latest), warnings: [] };
    },
    async save(checkpoint): Promise<void> {
      latest = copyCheckpoint(checkpoint);
    },
  };
}
