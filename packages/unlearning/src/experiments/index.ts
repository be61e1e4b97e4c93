import type { Experiment } from '@lab/experiment';
import { poisoning } from './poisoning/poisoning';

export const experiments = [poisoning] as readonly Experiment[];
