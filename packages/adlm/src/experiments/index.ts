import type { Experiment } from '@lab/experiment';
import { causal } from './causal/causal';
import { counting } from './counting/counting';
import { grammar } from './grammar/grammar';
import { logic } from './logic/logic';
import { samplers } from './samplers/samplers';
import { text } from './text/text';

/** The paper's claims. */
export const experiments = [text, grammar, causal, counting, samplers, logic] as readonly Experiment[];
