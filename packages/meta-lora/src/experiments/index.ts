import type { Experiment } from '@lab/experiment';

export const experiments = [] as readonly Experiment[];
