import type { Experiment } from '@lab/experiment';
import { cost } from './cost/cost';
import { editing } from './editing/editing';
import { images } from './images/images';
import { photographs } from './photographs/photographs';
import { posterior } from './posterior/posterior';
import { prompts } from './prompts/prompts';

/** What `lab run` finds. */
export const experiments = [photographs, prompts, images, posterior, editing, cost] as readonly Experiment[];
