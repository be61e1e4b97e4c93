import type { PaperCommand } from '@lab/experiment';
import { pretrainCommand } from './pretrain';
import { transformCommand } from './transform';

/** The verbs of `lab multitask-features`. */
export const commands: PaperCommand[] = [pretrainCommand, transformCommand];
