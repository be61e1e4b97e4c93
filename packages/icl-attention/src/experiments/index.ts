import type { Experiment } from '@lab/experiment';
import { context } from './context/context';
import { families } from './families/families';
import { lowRank } from './low-rank/low-rank';
import { rawLayer } from './raw-layer/raw-layer';
import { tasks } from './tasks/tasks';
import { transfer } from './transfer/transfer';
import { window } from './window/window';

/** The paper's claims, the window first. */
export const experiments = [
  window,
  transfer,
  families,
  context,
  lowRank,
  tasks,
  rawLayer,
] as readonly Experiment[];
