import type { Experiment } from '@lab/experiment';
import { authors, dialogues } from './text/authors';
import { digits, glyphs } from './images/images';
import { identification } from './identification';
import { linear } from './linear';
import { personas } from './personas';
import { shallow } from './shallow';

export const experiments = [
  identification,
  linear,
  shallow,
  digits,
  glyphs,
  personas,
  authors,
  dialogues,
] as readonly Experiment[];
