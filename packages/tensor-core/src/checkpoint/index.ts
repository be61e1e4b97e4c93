export type { Checkpoint, CheckpointStore, LoadedCheckpoint } from './store';
export { fileCheckpoints, type FileCheckpointsOptions } from './file-checkpoints';
export { memoryCheckpoints } from './memory-checkpoints';
export { decodeCheckpoint, encodeCheckpoint } from './encode-checkpoint';
