import type { PaperCommand } from '@lab/experiment';
import { fit } from './fit';
import { predict } from './predict';

/** What `lab icl-attention VERB` finds. */
export const commands: PaperCommand[] = [fit, predict];
