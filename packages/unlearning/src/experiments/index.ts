import type { Experiment } from '@lab/experiment';
import { collapse } from './collapse/collapse';
import { erasure } from './erasure/erasure';
import { poisoning } from './poisoning/poisoning';

/** The paper's three experiments, in its order. */
export const experiments = [poisoning, erasure, collapse] as readonly Experiment[];
