import type { Experiment } from '@lab/experiment';
import { causal } from './causal/causal';
import { counting } from './counting/counting';
import { grammar } from './grammar/grammar';
import { logic } from './logic/logic';
import { samplers } from './samplers/samplers';
import { text } from './text/text';

/** The paper's claims; the longest first, so that experiments side by side end together. */
export const experiments = [logic, text, grammar, samplers, causal, counting] as readonly Experiment[];
