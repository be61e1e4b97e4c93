import type { Experiment } from '@lab/experiment';
import { editing } from './editing/editing';
import { images } from './images/images';

/** What `lab run` finds. */
export const experiments = [images, editing] as readonly Experiment[];
