import highsLoader from 'highs';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SparseRows } from '../src/constraints';
import { nearestByQuadprog } from '../test/support/quadprog';

/** One sample's problem for a generic solver. */
export interface Problem {
  readonly rows: SparseRows;
  readonly x: Float64Array;
}

/** What a generic solver did on a mix, sample by sample. */
export interface SolverRun {
  readonly mix: string;
  readonly solver: string;
  readonly seconds: readonly number[];
  readonly points: readonly (ArrayLike<number> | null)[];
}

type Solve = (problem: Problem) => ArrayLike<number>;

/** Solvers of the JavaScript world, one call a sample: the only route there is without this package. */
export async function localSolvers(): Promise<Record<string, Solve>> {
  const highs = await highsLoader();
  return {
    'quadprog (JS)': ({ rows, x }) => nearestByQuadprog(rows, x).z,
    'highs (WebAssembly)': ({ rows, x }) => {
      const n = x.length;
      const m = rows.starts.length - 1;
      const diagonal = Int32Array.from({ length: n }, (_, j) => j);
      const model = highs.createModel({
        numCols: n,
        numRows: m,
        colCost: Float64Array.from(x, (value) => -value),
        colLower: new Float64Array(n).fill(-highs.infinity),
        colUpper: new Float64Array(n).fill(highs.infinity),
        rowLower: rows.lower,
        rowUpper: rows.upper,
        matrix: {
          format: 'csr',
          numRows: m,
          numCols: n,
          starts: rows.starts,
          indices: rows.columns,
          values: rows.values,
        },
        hessian: {
          format: 'triangular',
          dimension: n,
          starts: Int32Array.from({ length: n + 1 }, (_, j) => j),
          indices: diagonal,
          values: new Float64Array(n).fill(1),
        },
      });
      try {
        model.options.set('output_flag', false);
        model.run();
        return Float64Array.from(model.getSolution().colValue);
      } finally {
        model.dispose();
      }
    },
  };
}

/** Runs a solver on each problem, timed one by one after one call to warm up. */
export function runEach(
  mix: string,
  solver: string,
  { solve, problems }: { solve: Solve; problems: readonly Problem[] },
): SolverRun {
  const seconds: number[] = [];
  const points: (ArrayLike<number> | null)[] = [];
  const attempt = (problem: Problem): ArrayLike<number> | null => {
    try {
      return solve(problem);
    } catch {
      return null;
    }
  };
  attempt(problems[0]!);
  for (const problem of problems) {
    const start = performance.now();
    points.push(attempt(problem));
    seconds.push((performance.now() - start) / 1000);
  }
  return { mix, solver, seconds, points };
}

/** The paper's route in Python where it is there (environment LAB_PYTHON names the interpreter); else a word why not. */
export function pythonRuns(
  mixes: readonly { id: string; problems: readonly Problem[] }[],
): SolverRun[] | string {
  const script = fileURLToPath(new URL('../../../tooling/reference/cps/solve_each.py', import.meta.url));
  if (!existsSync(script)) return 'skipped: the reference script is not here';
  const folder = mkdtempSync(join(tmpdir(), 'lab-cps-'));
  try {
    const file = join(folder, 'problems.json');
    const plain = mixes.map(({ id, problems }) => ({
      id,
      problems: problems.map(({ rows, x }) => ({
        starts: Array.from(rows.starts),
        columns: Array.from(rows.columns),
        values: Array.from(rows.values),
        // JSON has no infinity: null stands for it.
        lower: Array.from(rows.lower),
        upper: Array.from(rows.upper),
        x: Array.from(x),
      })),
    }));
    writeFileSync(file, JSON.stringify(plain));
    const output = execFileSync(process.env.LAB_PYTHON ?? 'python3', [script, file], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
    });
    const answer = JSON.parse(output) as { skipped?: string; answers?: SolverRun[] };
    return answer.answers ?? `skipped: ${answer.skipped ?? 'no answer'}`;
  } catch (error) {
    return `skipped: Python did not run (${error instanceof Error ? error.message.split('\n')[0]! : 'unknown'})`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
