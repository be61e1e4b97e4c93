import type { PaperCommand } from '@lab/experiment';
import { forgetCommand } from './forget';
import { trainCommand } from './train';

/** The verbs of `lab unlearning`. */
export const commands: PaperCommand[] = [trainCommand, forgetCommand];
