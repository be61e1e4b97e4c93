import { formatSummary } from '../../format';
import { settingFlag } from '../../run/overrides';
import type { RunResult } from '../../run/result';
import { summarize } from '../../statistics/summarize';
import type { Claim, Summary, Table } from '../../types';
import type { SweepJob } from './plan';
import { tableOverSeeds } from './tables';

/** A job with its result; without one when it did not finish. */
export interface SweepRun {
  readonly job: SweepJob;
  readonly result?: RunResult;
}

/** The runs of one combination of settings. */
interface Variant {
  /** Such as `steps = 5`; empty where the sweep sets nothing. */
  readonly name: string;
  /** What is put behind ids, so that they stay different. */
  readonly suffix: string;
  readonly runs: readonly RunResult[];
}

/**
 * A sweep as one result for each experiment, which the report shows as it shows a run: each claim's numbers are means
 * over the seeds with their 95% Student intervals, and a claim holds when it holds with every seed.
 *
 * Tables are means over seeds cell by cell, where all seeds give the same rows and columns. Figures are those of the first
 * seed. An experiment of which no run finished is left out.
 */
export function aggregateSweep(sweep: readonly SweepRun[], command: string): RunResult[] {
  const experiments = [...new Set(sweep.map(({ job }) => job.experiment))];
  return experiments.flatMap((experiment) => {
    const own = sweep.filter(({ job }) => job.experiment === experiment);
    const runs = own.flatMap(({ result }) => result ?? []);
    const [first] = runs;
    return first ? [together(first, { own, runs, command })] : [];
  });
}

function together(
  first: RunResult,
  { own, runs, command }: { own: readonly SweepRun[]; runs: readonly RunResult[]; command: string },
): RunResult {
  const variants = variantsOf(own);
  const left = own.length - runs.length;
  const { peakMemory: _peak, error: _error, ...rest } = first;
  const tables = variants.map((variant) => tableOverSeeds(variant.runs));
  return {
    ...rest,
    status: left === 0 ? 'completed' : 'failed',
    ...(left > 0 && { error: { message: `${left} of ${own.length} runs did not finish` } }),
    settings: {
      jobs: own.map(({ job }) => ({ id: job.id, seed: job.seed, settings: job.settings })),
      scale: first.settings,
    },
    command,
    started: runs.map(({ started }) => started).sort()[0]!,
    seconds: runs.reduce((sum, { seconds }) => sum + seconds, 0),
    claims: variants.flatMap(({ name, suffix, runs: seeds }) =>
      claimsOf(seeds).map((claims) => claimOverSeeds(claims, { name, suffix })),
    ),
    tables: [
      claimsTable(variants),
      ...variants.flatMap(({ name, suffix }, index) =>
        tables[index]!.tables.map((table) => ({
          ...table,
          id: table.id + suffix,
          title: titled(table.title, name),
        })),
      ),
    ],
    figures: variants.flatMap(({ name, suffix, runs: [shown] }) =>
      (shown?.figures ?? []).map((figure) => ({
        ...figure,
        id: figure.id + suffix,
        title: titled(figure.title, name),
        caption: `${figure.caption} Seed ${shown!.seed}.`,
      })),
    ),
    artifacts: [],
    facts: { runs: runs.length },
    log: tables.flatMap(({ left: names }) => names.map((id) => `table ${id} differs in form between seeds`)),
  };
}

function variantsOf(own: readonly SweepRun[]): Variant[] {
  const names = [...new Set(own.map(({ job }) => variantName(job)))];
  return names
    .map((name, index) => ({
      name,
      suffix: names.length > 1 ? `-${index + 1}` : '',
      runs: own.flatMap(({ job, result }) => (variantName(job) === name && result ? [result] : [])),
    }))
    .filter(({ runs }) => runs.length > 0);
}

const variantName = ({ settings }: SweepJob): string =>
  Object.entries(settings)
    .map(([name, value]) =>
      settingFlag(name, [value])
        .replace(/^--set '?/, '')
        .replace(/'$/, '')
        .replace('=', ' = '),
    )
    .join(', ');

const titled = (title: string, variant: string): string => (variant === '' ? title : `${title} (${variant})`);

/** The runs of each claim, in the order in which claims first appear. */
function claimsOf(runs: readonly RunResult[]): Claim[][] {
  const groups = new Map<string, Claim[]>();
  for (const each of runs.flatMap(({ claims }) => claims))
    groups.set(each.id, [...(groups.get(each.id) ?? []), each]);
  return [...groups.values()];
}

function claimOverSeeds(claims: readonly Claim[], { name, suffix }: Pick<Variant, 'name' | 'suffix'>): Claim {
  const [first] = claims;
  const held = claims.filter(({ holds }) => holds).length;
  const means = numbersOverSeeds(claims).map(([of, value]) => `${of} ${asText(value)}`);
  return {
    ...first!,
    id: first!.id + suffix,
    statement: titled(first!.statement, name),
    measured: [...means, `holds with ${held} of ${claims.length} seeds`].join('; '),
    numbers: Object.fromEntries(
      numbersOverSeeds(claims).map(([of, value]) => [of, typeof value === 'string' ? NaN : value.mean]),
    ),
    criterion: `${first!.criterion}; with every seed`,
    holds: held === claims.length,
  };
}

/** Mean and interval of each number of a claim, or why there is none. */
function numbersOverSeeds(claims: readonly Claim[]): (readonly [string, Summary | string])[] {
  const names = [...new Set(claims.flatMap(({ numbers = {} }) => Object.keys(numbers)))];
  return names.map((name) => {
    const values = claims.flatMap(({ numbers = {} }) => numbers[name] ?? []);
    const bad = values.filter((value) => !Number.isFinite(value)).length;
    return [name, bad > 0 ? `not finite with ${bad} of ${values.length} seeds` : summarize(values)] as const;
  });
}

const asText = (value: Summary | string): string =>
  typeof value === 'string' ? value : formatSummary(value);

function claimsTable(variants: readonly Variant[]): Table {
  const rows = variants.flatMap(({ name, runs }) =>
    claimsOf(runs).flatMap((claims) => {
      const held = `${claims.filter(({ holds }) => holds).length} of ${claims.length}`;
      const numbers = numbersOverSeeds(claims);
      const cells = numbers.length > 0 ? numbers : [['', claims[0]!.measured] as const];
      return cells.map(([number, value]) => [
        name || 'as the scale has them',
        claims[0]!.id,
        number,
        value,
        held,
      ]);
    }),
  );
  return {
    id: 'claims-over-seeds',
    title: 'Claims over seeds',
    columns: ['settings', 'claim', 'number', 'mean over seeds', 'holds'],
    rows,
    note: 'Means with two-sided 95% Student intervals over the seeds. A text is that of the first seed.',
  };
}
