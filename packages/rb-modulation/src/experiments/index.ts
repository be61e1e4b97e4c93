import type { Experiment } from '@lab/experiment';
import { gaussian } from './gaussian/gaussian';
import { composition } from './glyphs/composition';
import { soc } from './glyphs/soc';

/** What `lab run` finds. */
export const experiments = [gaussian, soc, composition] as readonly Experiment[];
