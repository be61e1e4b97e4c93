import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface ReferenceJob {
  readonly means: readonly number[];
  /** null is infinity, which JSON lacks. */
  readonly sigma: readonly (readonly (number | null)[])[];
  readonly policy: 'asymptotic' | 'ucb' | 'thompson';
  readonly horizon: number;
  readonly replications: number;
  readonly checkpoints: readonly number[];
  readonly seed: number;
}

export interface ReferenceResult {
  readonly regret: readonly (readonly number[])[];
  readonly pulls: number;
  readonly seconds: number;
}

const script = fileURLToPath(new URL('../../../tooling/reference/bandits/loops.py', import.meta.url));

/** The same policy as a plain NumPy loop (LAB_PYTHON names the interpreter), or a word why it did not run. */
export function runReference(job: ReferenceJob): ReferenceResult | string {
  const python = process.env.LAB_PYTHON ?? 'python3';
  const { status, stdout, stderr, error } = spawnSync(python, [script], {
    input: JSON.stringify(job),
    encoding: 'utf8',
    maxBuffer: 1e9,
  });
  if (error || status !== 0) return `skipped: ${python} does not run (${(error?.message ?? stderr).trim()})`;
  if (stdout === '') return stderr.trim();
  return JSON.parse(stdout) as ReferenceResult;
}
