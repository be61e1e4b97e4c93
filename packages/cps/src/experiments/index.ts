import type { Experiment } from '@lab/experiment';
import { bias } from './bias/bias';
import { count } from './count/count';
import { gaussianProcess } from './gaussian-process/gaussian-process';
import { nonconvex } from './nonconvex/nonconvex';
import { ohlc } from './ohlc/ohlc';
import { real } from './real/real';

/** The paper's claims, the real series first. */
export const experiments = [real, gaussianProcess, count, nonconvex, ohlc, bias] as readonly Experiment[];
