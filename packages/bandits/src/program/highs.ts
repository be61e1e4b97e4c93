import { LabError } from '@lab/tensor-core/errors';
import { refuseUnobservable, type SideInformation } from '../information/side-information';
import { topUpFree } from './covering';
import { certified, programOf, type ExplorationProgram } from './exploration-program';
import { gapsOf } from './regret-constant';

/**
 * The regret constant by HiGHS (WebAssembly) instead of the simplex method here: for some hundreds of arms and more, where
 * its sparse factorisation wins. Loaded when it is first called.
 *
 * @throws LabError as `regretConstant`; `missing` when the package `highs` does not load
 * @example
 * const { value } = await regretConstantByHighs(means, information);
 */
export async function regretConstantByHighs(
  means: ArrayLike<number>,
  information: SideInformation,
): Promise<ExplorationProgram> {
  const gaps = gapsOf(means);
  if (gaps.length !== information.arms)
    throw new LabError('shape', 'regretConstantByHighs: there is one mean for each arm', {
      argument: 'means',
      expected: information.arms,
      received: gaps.length,
    });
  refuseUnobservable(information, 'regretConstantByHighs');
  const { costs, requirements } = programOf(gaps, information);
  const { arms, precision } = information;
  // A free arm covers its rows at no cost, so they leave the program, as in `coveringSolver`.
  const isOpen = (i: number): boolean =>
    requirements[i]! > 0 && !costs.some((cost, j) => cost === 0 && precision[j * arms + i]! > 0);
  const rows = Array.from({ length: arms }, (_, i) => i).filter(isOpen);
  const counts = new Float64Array(arms);
  const dual = new Float64Array(arms);
  let value = 0;
  if (rows.length > 0) {
    const solved = await solve(costs, requirements, rows, information);
    for (let j = 0; j < arms; j++) counts[j] = costs[j]! > 0 ? Math.max(0, solved.primal[j]!) : 0;
    rows.forEach((i, q) => (dual[i] = Math.max(0, solved.prices[q]! / requirements[i]!)));
    value = counts.reduce((sum, count, j) => sum + count * costs[j]!, 0);
  }
  topUpFree({ matrix: information.precision, costs, requirements, counts });
  // HiGHS meets rows to its own tolerance, 1e-7 by default and 1e-9 as asked for here.
  return certified({ value, counts, dual, requirements }, costs, information, 1e-7);
}

/** The covering program over the open rows, every requirement and every column's greatest entry scaled to 1. */
async function solve(
  costs: Float64Array,
  requirements: Float64Array,
  rows: readonly number[],
  { arms, precision }: SideInformation,
): Promise<{ primal: ArrayLike<number>; prices: ArrayLike<number> }> {
  const highs = await highsOnce();
  const entry = (j: number, i: number): number => precision[j * arms + i]! / requirements[i]!;
  const scale = Float64Array.from({ length: arms }, (_, j) => {
    const greatest = rows.reduce((most, i) => Math.max(most, entry(j, i)), 0);
    return costs[j]! > 0 && greatest > 0 ? 1 / greatest : 0;
  });
  const starts = [0];
  const indices: number[] = [];
  const values: number[] = [];
  for (const i of rows) {
    for (let j = 0; j < arms; j++)
      if (scale[j]! > 0 && precision[j * arms + i]! > 0) {
        indices.push(j);
        values.push(entry(j, i) * scale[j]!);
      }
    starts.push(indices.length);
  }
  const model = highs.createModel({
    numCols: arms,
    numRows: rows.length,
    colCost: costs.map((cost, j) => cost * scale[j]!),
    colLower: new Float64Array(arms),
    colUpper: new Float64Array(arms).fill(highs.infinity),
    rowLower: new Float64Array(rows.length).fill(1),
    rowUpper: new Float64Array(rows.length).fill(highs.infinity),
    matrix: {
      format: 'csr',
      numRows: rows.length,
      numCols: arms,
      starts: Int32Array.from(starts),
      indices: Int32Array.from(indices),
      values: Float64Array.from(values),
    },
  });
  try {
    model.options.set('output_flag', false);
    model.options.set('primal_feasibility_tolerance', 1e-9);
    model.options.set('dual_feasibility_tolerance', 1e-9);
    model.run();
    const { colValue, rowDual } = model.getSolution();
    return { primal: Array.from(colValue, (count, j) => count * scale[j]!), prices: Array.from(rowDual) };
  } finally {
    model.dispose();
  }
}

let loaded: ReturnType<typeof loadHighs> | undefined;

/** The solver, compiled once a process: that takes a good part of a second. */
async function loadHighs() {
  const { default: load } = await import('highs');
  return await load();
}

async function highsOnce() {
  try {
    return await (loaded ??= loadHighs());
  } catch (cause) {
    loaded = undefined;
    throw new LabError('missing', 'regretConstantByHighs: the package highs does not load', {
      argument: 'highs',
      hint: 'npm install highs, or use regretConstant, which needs nothing',
      cause,
    });
  }
}
