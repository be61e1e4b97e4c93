import type { Experiment } from '@lab/experiment';
import { glyphs } from './glyphs';
import { identification } from './identification';
import { linear } from './linear';

export const experiments = [identification, linear, glyphs] as readonly Experiment[];
