import type { Experiment } from '@lab/experiment';
import { LabError } from '@lab/tensor-core/errors';
import { findPaper, type DiscoveryOptions, type Paper } from '../discovery/papers';

/** An experiment with the paper that it belongs to. */
export interface Task {
  readonly paper: Paper;
  readonly experiment: Experiment;
}

/**
 * The experiments that `PAPER` or `PAPER/EXPERIMENT` names.
 *
 * @throws LabError `argument` when there is none
 */
export async function chosenExperiments(target: string, options: DiscoveryOptions): Promise<Task[]> {
  const [id = '', wanted] = target.split('/');
  const paper = findPaper(id, options);
  const experiments = await paper.experiments();
  const chosen = wanted === undefined ? experiments : experiments.filter((each) => each.id === wanted);
  if (chosen.length === 0)
    throw new LabError('argument', `${paper.package} has no experiment "${wanted ?? ''}"`, {
      expected: experiments.map((each) => `${id}/${each.id}`).join(', ') || 'an experiment; it has none',
    });
  return chosen.map((experiment) => ({ paper, experiment }));
}

/** Those that several targets name, each once. */
export async function allChosen(targets: readonly string[], options: DiscoveryOptions): Promise<Task[]> {
  const tasks = new Map<string, Task>();
  for (const target of targets)
    for (const task of await chosenExperiments(target, options))
      tasks.set(`${task.paper.id}/${task.experiment.id}`, task);
  return [...tasks.values()];
}
