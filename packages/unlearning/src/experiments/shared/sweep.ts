import type { RunContext } from '@lab/experiment';
import { disposeTree } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn, type Key } from '@lab/tensor-core/random';
import type { Samples, UnlearnModel } from '../../model/types';
import type { UnlearnOptions } from '../../run/options';
import { unlearn } from '../../run/unlearn';
import type { Candidate, Grid } from './grid';

/** A trained network and the data that it is to keep and to forget. */
export interface SweepProblem<Params> {
  readonly network: UnlearnModel<Params>;
  readonly params: Params;
  readonly retain: Samples;
  readonly forget: Samples;
}

/** What a setting measured on one problem; larger is better. */
export interface Scored {
  readonly score: number;
}

export interface Chosen<Measured> {
  readonly name: string;
  readonly candidate: Candidate;
  /** On the problems that were kept for the report. */
  readonly runs: readonly Measured[];
  /** What each setting measured on the tuning problems. */
  readonly tuned: readonly (readonly Measured[])[];
}

/** How many problems settings are chosen on, and how many others are reported. */
export interface SweepSize {
  readonly tuning: number;
  readonly reported: number;
  /** Settings of each method. */
  readonly budget: number;
}

/** What a sweep goes over. */
export interface SweepOptions<Params, Problem, Measured> {
  readonly grid: Grid;
  readonly problem: (key: Key) => Promise<Problem>;
  readonly dispose: (problem: Problem) => void;
  readonly run: Pick<UnlearnOptions<Params>, 'task' | 'epochs' | 'batchSize' | 'clampLogits'>;
  readonly measure: (problem: Problem, params: Params) => Promise<Measured>;
}

export type SweepContext = Pick<RunContext<SweepSize>, 'key' | 'settings' | 'signal' | 'progress'>;

/**
 * Equal sweeps: each method tries its settings on the tuning problems, and the one with the best mean score there is run on
 * problems of other keys, which are reported.
 *
 * @throws LabError `argument` when a method has fewer settings than the budget
 */
export async function sweep<Params, Problem extends SweepProblem<Params>, Measured extends Scored>(
  context: SweepContext,
  options: SweepOptions<Params, Problem, Measured>,
): Promise<Chosen<Measured>[]> {
  const { signal } = context;
  const { tuning, reported, budget } = context.settings;
  const { grid, problem, dispose, run, measure } = options;
  const methods = Object.entries(grid).map(([name, all]) => [name, all.slice(0, budget)] as const);
  const short = methods.find(([, candidates]) => candidates.length < budget);
  if (short)
    throw new LabError('argument', `sweep: ${short[0]} has fewer settings than the others`, {
      argument: 'grid',
      expected: budget,
      received: short[1].length,
    });
  const total = methods.length * (budget * tuning + reported);
  let done = 0;
  const step = async (each: Problem, candidate: Candidate, key: Key, name: string): Promise<Measured> => {
    if (signal.aborted) throw new LabError('aborted', `sweep: stopped after ${done} of ${total} runs`);
    const { network, params, retain, forget } = each;
    const { method, learningRate } = candidate;
    const found = await unlearn(network, {
      ...{ ...run, params, retain, forget, method, learningRate, key, signal },
      onDivergence: 'stop',
    });
    const measured = await measure(each, found.params);
    disposeTree(found.params);
    context.progress(++done / total, `${name}: ${candidate.label}`);
    return measured;
  };
  /** Problems of one side of the sweep, one after the other. */
  const eachProblem = async (
    side: number,
    count: number,
    use: (each: Problem, key: Key) => Promise<void>,
  ): Promise<void> => {
    for (let index = 0; index < count; index++) {
      const key = foldIn(foldIn(context.key, side), index);
      const each = await problem(key);
      try {
        await use(each, key);
      } finally {
        dispose(each);
      }
    }
  };

  const tuned = new Map(methods.map(([name, each]) => [name, each.map((): Measured[] => [])]));
  await eachProblem(1, tuning, async (each, key) => {
    for (const [name, candidates] of methods)
      for (const [i, candidate] of candidates.entries())
        tuned.get(name)![i]!.push(await step(each, candidate, key, name));
  });
  const chosen = methods.map(([name, candidates]) => {
    const own = tuned.get(name)!;
    const means = own.map((runs) => {
      const score = mean(runs.map((each) => each.score));
      return Number.isNaN(score) ? -Infinity : score;
    });
    const best = Math.max(means.indexOf(Math.max(...means)), 0);
    return { name, candidate: candidates[best]!, tuned: own, runs: [] as Measured[] };
  });
  await eachProblem(2, reported, async (each, key) => {
    for (const { name, candidate, runs } of chosen) runs.push(await step(each, candidate, key, name));
  });
  return chosen;
}

/** A sweep for each number of epochs, over the same problems, which are made once. */
export async function sweeps<Params, Problem extends SweepProblem<Params>, Measured extends Scored>(
  context: SweepContext,
  epochs: readonly number[],
  {
    grid,
    run,
    ...options
  }: Omit<SweepOptions<Params, Problem, Measured>, 'grid' | 'run'> & {
    readonly grid: (epochs: number) => Grid;
    readonly run: Omit<SweepOptions<Params, Problem, Measured>['run'], 'epochs'>;
  },
): Promise<Map<number, Chosen<Measured>[]>> {
  const problems = new Map<string, Problem>();
  const problem = async (key: Key): Promise<Problem> => {
    const made = problems.get(String(key)) ?? (await options.problem(key));
    problems.set(String(key), made);
    return made;
  };
  const found = new Map<number, Chosen<Measured>[]>();
  try {
    for (const [index, count] of epochs.entries()) {
      const progress = (fraction: number, label?: string): void =>
        context.progress((index + fraction) / epochs.length, `T = ${count}, ${label ?? ''}`);
      const own = { grid: grid(count), run: { ...run, epochs: count }, problem, dispose: () => undefined };
      found.set(count, await sweep({ ...context, progress }, { ...options, ...own }));
    }
    return found;
  } finally {
    problems.forEach(options.dispose);
  }
}

/** How a table's figures came about. */
export const sweepNote = ({ budget, tuning, reported }: SweepSize): string =>
  `${budget} settings a method, chosen on ${tuning} problems; ${reported} others are reported.`;

/** What methods measured, without some of them and without OrthoGrad, which is not in the paper. */
export const methodsOfThePaper = (
  measured: Readonly<Record<string, number>>,
  but: readonly string[] = [],
): number[] =>
  Object.entries(measured)
    .filter(([name]) => name !== 'OrthoGrad' && !but.includes(name))
    .map(([, value]) => value);

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}
