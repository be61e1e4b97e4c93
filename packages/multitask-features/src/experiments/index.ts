import type { Experiment } from '@lab/experiment';
import { digits } from './digits';
import { dimension } from './dimension';
import { methods } from './methods';
import { neurons } from './neurons';
import { samples } from './samples';
import { singleTask } from './single-task';
import { tasks } from './tasks';
import { traffic } from './traffic';

/** The paper's claims, then what the method is made of. */
export const experiments = [
  dimension,
  tasks,
  singleTask,
  neurons,
  methods,
  samples,
  digits,
  traffic,
] as readonly Experiment[];
