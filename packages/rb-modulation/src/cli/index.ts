import type { PaperCommand } from '@lab/experiment';

/** What `lab rb-modulation` can do with a user's own images. */
export const commands: readonly PaperCommand[] = [];
