import { createHash } from 'node:crypto';
import { LabError } from '@lab/tensor-core/errors';
import type { EngineChoice } from '../../engine-choice';
import type { Overrides, SettingValue } from '../../run/overrides';
import type { ScaleName } from '../../types';

/** One run of a sweep: plain JSON that says all that its numbers depend on. */
export interface SweepJob {
  /** Hash of all the rest: the same run has the same id on every machine. */
  readonly id: string;
  /** Such as `cps/stocks`. */
  readonly experiment: string;
  /** Version of the paper's package: another version may compute other numbers. */
  readonly version: string;
  readonly scale: ScaleName;
  readonly seed: number;
  readonly settings: Overrides;
  /** What computes; the fastest that is installed where it is absent. */
  readonly engine?: EngineChoice;
  /** Threads of compiled functions: sums over several are rounded in another order. */
  readonly threads: number;
}

export interface SweepPlan {
  /** Each experiment with the version of its package. */
  readonly experiments: readonly Pick<SweepJob, 'experiment' | 'version'>[];
  readonly scale: ScaleName;
  readonly seeds: readonly number[];
  /** Values of each setting by its name; the sweep takes every combination. @default none */
  readonly settings?: Readonly<Record<string, readonly SettingValue[]>>;
  readonly engine?: EngineChoice;
  /** @default 1 */
  readonly threads?: number;
}

/**
 * Every experiment with every combination of settings and every seed, in this order; what is named twice is run once.
 *
 * @throws LabError `argument` when there is no experiment, no seed, or no value of a setting
 */
export function planSweep(plan: SweepPlan): SweepJob[] {
  const { experiments, scale, seeds, settings = {}, engine, threads = 1 } = plan;
  const empty = Object.entries({ experiments, seeds, ...settings }).find(([, list]) => list.length === 0);
  if (empty) throw new LabError('argument', 'planSweep: there is nothing to take', { argument: empty[0] });
  const jobs = new Map<string, SweepJob>();
  for (const { experiment, version } of experiments)
    for (const combination of combinations(settings))
      for (const seed of seeds) {
        const own = { experiment, version, scale, seed, settings: combination, threads };
        const job = { ...own, ...(engine === undefined ? {} : { engine }) };
        const id = jobId(job);
        jobs.set(id, { id, ...job });
      }
  return [...jobs.values()];
}

/** The id that a job must have: 128 bits of the SHA-256 of its JSON with sorted names. */
export function jobId(job: Omit<SweepJob, 'id'>): string {
  const { experiment, version, scale, seed, settings, engine, threads } = job;
  const sorted = Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify([experiment, version, scale, seed, sorted, engine ?? null, threads]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function combinations(settings: Readonly<Record<string, readonly SettingValue[]>>): Overrides[] {
  let all: Overrides[] = [{}];
  for (const [name, values] of Object.entries(settings))
    all = all.flatMap((each) => values.map((value) => ({ ...each, [name]: value })));
  return all;
}
