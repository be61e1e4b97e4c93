import type { Experiment } from '@lab/experiment';
import { digits } from './digits/digits';
import { glyphsExperiment } from './glyphs/glyphs';
import { stochastic } from './glyphs/stochastic';
import { photographs } from './photographs/photographs';
import { toy } from './toy/toy';

/** What `lab run` finds. */
export const experiments = [digits, glyphsExperiment, photographs, stochastic, toy] as readonly Experiment[];
