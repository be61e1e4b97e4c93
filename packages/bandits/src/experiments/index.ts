import type { Experiment } from '@lab/experiment';
import { consistency } from './consistency';
import { constants } from './constants';
import { graphs } from './graphs';
import { hiddenBest } from './hidden-best';
import { informativeness } from './informativeness';
import { slopes } from './slopes';
import { socialNetwork } from './social-network';

/** The claims of the paper, the constants that all others refer to first. */
export const experiments = [
  constants,
  slopes,
  informativeness,
  hiddenBest,
  graphs,
  consistency,
  socialNetwork,
] as readonly Experiment[];
