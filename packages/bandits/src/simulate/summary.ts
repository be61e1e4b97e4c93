/** What a simulation recorded. */
export interface SimulationRecord {
  /** Name of the policy. */
  readonly policy: string;
  /** Rounds at which regret was recorded. */
  readonly checkpoints: readonly number[];
  readonly replications: number;
  readonly arms: number;
  /** [replications, checkpoints], row-major. */
  readonly regret: Float64Array;
  /** [replications, arms], row-major: plays of each arm. */
  readonly plays: Float64Array;
  readonly cost: { readonly pulls: number; readonly seconds: number };
}

/** A mean over replications and its standard error; NaN for the error of a single one. */
export interface Estimate {
  readonly mean: number;
  readonly error: number;
}

/** Regret curves of a policy. Each array has one number for each checkpoint. */
export interface Simulation extends SimulationRecord {
  readonly mean: Float64Array;
  /** Standard error of the mean; NaN with a single replication. */
  readonly error: Float64Array;
  /** 95 % confidence band of the mean, by the normal law. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Regret of the replication at each tenth, beside the mean: regret may have heavy tails. */
  readonly quantiles: {
    readonly q10: Float64Array;
    readonly median: Float64Array;
    readonly q90: Float64Array;
  };
  /** Regret per ln T over the last tenfold of time (or over all of it, when it is shorter). */
  readonly slope: Estimate;
  /** Mean plays of each arm. */
  readonly meanPlays: Float64Array;
}

/** Means, bands, quantiles and slope of a record. */
export function summarizeSimulation(record: SimulationRecord): Simulation {
  const { checkpoints, replications, arms, regret, plays } = record;
  const count = checkpoints.length;
  const column = (k: number): Float64Array =>
    Float64Array.from({ length: replications }, (_, r) => regret[r * count + k]!);
  const columns = checkpoints.map((_, k) => column(k));
  const estimates = columns.map(estimate);
  const mean = Float64Array.from(estimates, (each) => each.mean);
  const error = Float64Array.from(estimates, (each) => each.error);
  const sorted = columns.map((each) => each.slice().sort());
  const at = (q: number): Float64Array => Float64Array.from(sorted, (each) => quantile(each, q));

  const horizon = checkpoints[count - 1]!;
  let from = count - 1;
  while (from > 0 && checkpoints[from]! * 10 > horizon) from--;
  const logs = Math.log(horizon / checkpoints[from]!);
  const slopes = Float64Array.from(
    { length: replications },
    (_, r) => (regret[r * count + count - 1]! - regret[r * count + from]!) / logs,
  );
  return {
    ...record,
    mean,
    error,
    low: mean.map((each, k) => each - 1.96 * error[k]!),
    high: mean.map((each, k) => each + 1.96 * error[k]!),
    quantiles: { q10: at(0.1), median: at(0.5), q90: at(0.9) },
    slope: logs > 0 ? estimate(slopes) : { mean: NaN, error: NaN },
    meanPlays: Float64Array.from({ length: arms }, (_, j) => {
      let sum = 0;
      for (let r = 0; r < replications; r++) sum += plays[r * arms + j]!;
      return sum / replications;
    }),
  };
}

function estimate(values: Float64Array): Estimate {
  const n = values.length;
  const mean = values.reduce((sum, each) => sum + each, 0) / n;
  const squares = values.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  return { mean, error: n > 1 ? Math.sqrt(squares / (n - 1) / n) : NaN };
}

function quantile(sorted: Float64Array, q: number): number {
  const place = q * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}
