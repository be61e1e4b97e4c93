import type { Experiment } from '@lab/experiment';
import { counting } from './counting/counting';

/** The paper's claims. */
export const experiments = [counting] as readonly Experiment[];
