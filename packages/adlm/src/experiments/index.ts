import type { Experiment } from '@lab/experiment';
import { counting } from './counting/counting';
import { grammar } from './grammar/grammar';

/** The paper's claims. */
export const experiments = [counting, grammar] as readonly Experiment[];
