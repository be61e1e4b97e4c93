import type { Experiment } from '@lab/experiment';
import { authors, dialogues } from './text/authors';
import { digits } from './images/digits';
import { identification } from './identification';
import { linear } from './linear';
import { personas } from './personas';
import { shallow } from './shallow';

export const experiments = [
  identification,
  linear,
  shallow,
  digits,
  personas,
  authors,
  dialogues,
] as readonly Experiment[];
