import type { PaperCommand } from '@lab/experiment';
import { edit } from './edit';
import { restore } from './restore';
import { train } from './train';

/** The verbs of `lab stsl`. */
export const commands: PaperCommand[] = [train, restore, edit];
