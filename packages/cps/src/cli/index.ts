import type { PaperCommand } from '@lab/experiment';
import { check } from './check';
import { sample } from './sample';
import { train } from './train';

/** The verbs of `lab cps`. */
export const commands: PaperCommand[] = [train, sample, check];

export { readConstraints } from './constraints-file';
