import type { Experiment } from '@lab/experiment';
import { images } from './images/images';

/** What `lab run` finds. */
export const experiments = [images] as readonly Experiment[];
