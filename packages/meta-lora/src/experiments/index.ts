import type { Experiment } from '@lab/experiment';
import { authors } from './text/authors';
import { glyphs } from './glyphs';
import { identification } from './identification';
import { linear } from './linear';
import { personas } from './personas';
import { shallow } from './shallow';

export const experiments = [
  identification,
  linear,
  shallow,
  glyphs,
  personas,
  authors,
] as readonly Experiment[];
