import type { PaperCommand } from '@lab/experiment';
import { stylize } from './stylize';

/** What `lab rb-modulation` can do with a user's own images. */
export const commands: readonly PaperCommand[] = [stylize];
