import type { PaperCommand } from '@lab/experiment';
import { bound } from './bound';
import { simulate } from './simulate';

/** The verbs of `lab bandits`. */
export const commands: readonly PaperCommand[] = [bound, simulate];
