import type { Experiment } from '@lab/experiment';

/** What `lab run` finds. */
export const experiments = [] as readonly Experiment[];
