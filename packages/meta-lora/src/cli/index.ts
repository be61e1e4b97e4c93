import type { PaperCommand } from '@lab/experiment';
import { adaptCommand } from './adapt';
import { predictCommand } from './predict';
import { retrainCommand } from './retrain';

/** The verbs of `lab meta-lora`. */
export const commands: PaperCommand[] = [retrainCommand, adaptCommand, predictCommand];
