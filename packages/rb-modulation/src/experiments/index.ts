import type { Experiment } from '@lab/experiment';
import { gaussian } from './gaussian/gaussian';
import { composition } from './glyphs/composition';
import { soc } from './glyphs/soc';
import { attentionExperiment } from './attention/attention';

/** What `lab run` finds. */
export const experiments = [attentionExperiment, soc, composition, gaussian] as readonly Experiment[];
