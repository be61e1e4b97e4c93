import type { PaperCommand } from '@lab/experiment';
import { edit } from './edit';

/** The verbs of `lab rf-inversion`. */
export const commands: PaperCommand[] = [edit];
