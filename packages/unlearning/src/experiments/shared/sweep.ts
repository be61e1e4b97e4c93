import type { RunContext } from '@lab/experiment';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn, type Key } from '@lab/tensor-core/random';
import type { UnlearnMethod } from '../../methods/types';

/** One setting of a method. */
export interface Candidate {
  readonly method: UnlearnMethod;
  readonly learningRate: number;
  readonly label: string;
}

/** Settings by the method's name as the paper writes it; every method has as many. */
export type Grid = Readonly<Record<string, readonly Candidate[]>>;

/** Settings times learning rates. */
export function crossed<Setting extends object>(
  rates: readonly number[],
  settings: readonly Setting[],
  make: (setting: Setting) => UnlearnMethod,
): Candidate[] {
  return settings.flatMap((setting) =>
    rates.map((learningRate) => {
      const words = Object.entries({ learningRate, ...setting }).map(
        ([name, value]) => `${name} ${String(value)}`,
      );
      return { method: make(setting), learningRate, label: words.join(', ') };
    }),
  );
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

/**
 * Equal sweeps: each method tries its settings on the tuning problems, and the one with the best mean score there is run on
 * problems of other keys, which are reported.
 *
 * @throws LabError `argument` when the methods have not as many settings each
 */
export async function sweep<Problem, Measured extends Scored>(
  context: Pick<RunContext<unknown>, 'key' | 'signal' | 'progress'>,
  options: {
    readonly grid: Grid;
    readonly tuning: number;
    readonly reported: number;
    readonly problem: (key: Key) => Promise<Problem>;
    readonly run: (problem: Problem, candidate: Candidate, key: Key) => Promise<Measured>;
    readonly dispose: (problem: Problem) => void;
  },
): Promise<Chosen<Measured>[]> {
  const { grid, tuning, reported, problem, run, dispose } = options;
  const budgets = new Set(Object.values(grid).map(({ length }) => length));
  if (budgets.size !== 1)
    throw new LabError('argument', 'sweep: methods have different numbers of settings', {
      received: [...budgets],
    });
  const budget = [...budgets][0]!;
  const methods = Object.entries(grid);
  const total = methods.length * (budget * tuning + reported);
  let done = 0;
  const step = async (each: Problem, candidate: Candidate, key: Key, name: string): Promise<Measured> => {
    if (context.signal.aborted)
      throw new LabError('aborted', `sweep: stopped after ${done} of ${total} runs`);
    const measured = await run(each, candidate, key);
    context.progress(++done / total, `${name}: ${candidate.label}`);
    return measured;
  };
  const withProblem = async (key: Key, use: (each: Problem) => Promise<void>): Promise<void> => {
    const each = await problem(key);
    try {
      await use(each);
    } finally {
      dispose(each);
    }
  };

  const tuned = new Map(methods.map(([name, each]) => [name, each.map((): Measured[] => [])]));
  for (let t = 0; t < tuning; t++) {
    const key = foldIn(foldIn(context.key, 1), t);
    await withProblem(key, async (each) => {
      for (const [name, candidates] of methods)
        for (const [i, candidate] of candidates.entries())
          tuned.get(name)![i]!.push(await step(each, candidate, key, name));
    });
  }
  const chosen = methods.map(([name, candidates]) => {
    const own = tuned.get(name)!;
    const means = own.map((runs) => {
      const mean = runs.reduce((sum, { score }) => sum + score, 0) / runs.length;
      return Number.isNaN(mean) ? -Infinity : mean;
    });
    const best = Math.max(means.indexOf(Math.max(...means)), 0);
    return { name, candidate: candidates[best]!, tuned: own, runs: [] as Measured[] };
  });
  for (let r = 0; r < reported; r++) {
    const key = foldIn(foldIn(context.key, 2), r);
    await withProblem(key, async (each) => {
      for (const { name, candidate, runs } of chosen) runs.push(await step(each, candidate, key, name));
    });
  }
  return chosen;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}
