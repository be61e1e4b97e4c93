import type { Experiment } from '@lab/experiment';
import { authors } from './text/authors';
import { glyphs } from './glyphs';
import { identification } from './identification';
import { linear } from './linear';

export const experiments = [identification, linear, glyphs, authors] as readonly Experiment[];
