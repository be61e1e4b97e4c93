import type { PaperCommand } from '@lab/experiment';
import { evaluate } from './eval';
import { infill } from './infill';
import { sample } from './sample';
import { train } from './train';

/** What `lab adlm VERB` finds. */
export const commands: PaperCommand[] = [train, sample, evaluate, infill];
