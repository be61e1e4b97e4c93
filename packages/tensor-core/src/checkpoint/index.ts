export type { Checkpoint, CheckpointStore, LoadedCheckpoint } from './store';
