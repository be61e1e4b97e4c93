import { LabError } from '@lab/tensor-core/errors';
import { projectPieces, type GeneralTask } from './general';
import { linearProgram, type LinearProgram } from './linear-program';
import type { SampleOutcome } from './linear-project';
import type { Lowered, Row } from './lowered';
import { HARD, L1, type Mode } from './penalty';
import type { Program } from './programs';
import { pullRows, type EntryBound } from './pulled';
import { outside } from './sequential';
import { measure } from './violations';

/** One way to choose a member of each union. */
interface Choice {
  readonly lowered: Lowered;
  /** The rows that the chosen members add. */
  readonly added: readonly Row[];
}

const maxChoices = 20_000;

/**
 * The nearest point over all choices of members, in place. A choice is left out when what its bounds on single entries alone cost is
 * already more than the best found, so that a free peak takes few projections and the result is still the nearest of all.
 */
export function nearestMember(
  program: Program,
  { x, sample }: { readonly x: Float64Array; readonly sample: number },
  task: GeneralTask,
): SampleOutcome {
  const { lowered, map } = program.general![sample]!;
  const start = Float64Array.from(task.multipliers);
  const candidates = choices({ lowered, added: [] }).flatMap((choice) => {
    const linear = memberProgram(program, { sample, choice });
    return linear === undefined ? [] : [{ choice, linear, least: leastCost(linear, x, task.mode) }];
  });
  candidates.sort((a, b) => a.least - b.least);
  let best: { point: Float64Array; cost: number; outcome: SampleOutcome } | undefined;
  for (const { choice, linear, least } of candidates) {
    if (best?.outcome.status === 'converged' && least >= best.cost) break;
    const point = Float64Array.from(x);
    // The base's multipliers stay as they are: members have rows of their own.
    const multipliers = new Float64Array(Math.max(start.length, linear.rows));
    const pieces = { ...choice.lowered, unions: [] };
    const outcome = projectPieces({ linear, sample: 0, lowered: pieces, map }, point, {
      ...task,
      multipliers,
    });
    const member: Program = { ...program, linear, general: [{ lowered: pieces, map }] };
    const cost = costOf(member, { point, x, mode: task.mode });
    const feasible = outcome.status === 'converged';
    if (
      best === undefined ||
      (feasible && best.outcome.status !== 'converged') ||
      (feasible && cost < best.cost)
    )
      best = { point, cost, outcome };
  }
  if (best === undefined)
    throw new LabError(
      'infeasible',
      `no member of ${program.names.join(', ')} goes with the other constraints`,
      {
        hint: 'every choice asks for values that its bounds exclude',
      },
    );
  x.set(best.point);
  return best.outcome;
}

/** All combinations of members, nested unions included. */
function choices(choice: Choice): Choice[] {
  const [first, ...rest] = choice.lowered.unions;
  if (first === undefined) return [choice];
  const { lowered } = choice;
  const found = first.members.flatMap((member) =>
    choices({
      lowered: {
        rows: lowered.rows,
        orders: lowered.orders,
        smooth: [...lowered.smooth, ...member.smooth],
        balls: [...lowered.balls, ...member.balls],
        unions: [...member.unions, ...rest],
      },
      added: [...choice.added, ...member.rows],
    }),
  );
  if (found.length > maxChoices)
    throw new LabError('unsupported', 'there are too many combinations of unions to try them all', {
      received: found.length,
      expected: `at most ${maxChoices}`,
    });
  return found;
}

/** The sample's linear program with a choice's rows added, or undefined where its bounds contradict each other. */
function memberProgram(
  { linear, general, names }: Program,
  { sample, choice }: { sample: number; choice: Choice },
): LinearProgram | undefined {
  const { map } = general![sample]!;
  const rows = choice.added.map((row) => ({ ...row, order: -1 }));
  const added = pullRows({ ...choice.lowered, rows }, map, names);
  if (added.rows.length === 0) return withBounds(linear, { sample, bounds: added.bounds });
  const base = pullRows(general![sample]!.lowered, map, names);
  try {
    return linearProgram(
      [
        {
          rows: [...base.rows, ...added.rows],
          bounds: [...base.bounds, ...added.bounds],
          orders: base.orders,
        },
      ],
      { size: linear.size, names },
    );
  } catch (error) {
    if (error instanceof LabError && error.code === 'infeasible') return undefined;
    throw error;
  }
}

/** The program of one sample with tighter bounds; its blocks are shared, without the forms that need free entries. */
function withBounds(
  linear: LinearProgram,
  { sample, bounds }: { sample: number; bounds: readonly EntryBound[] },
): LinearProgram | undefined {
  const { size, rows } = linear;
  const lower = linear.lower.slice(sample * size, (sample + 1) * size);
  const upper = linear.upper.slice(sample * size, (sample + 1) * size);
  const free = new Set(linear.free);
  const touched = new Set<number>();
  for (const bound of bounds) {
    lower[bound.entry] = Math.max(lower[bound.entry]!, bound.lower);
    upper[bound.entry] = Math.min(upper[bound.entry]!, bound.upper);
    const gap = lower[bound.entry]! - upper[bound.entry]!;
    if (gap > 1e-9 * Math.max(1, Math.abs(lower[bound.entry]!))) return undefined;
    if (gap > 0) lower[bound.entry] = upper[bound.entry]!;
    touched.add(bound.entry);
    free.add(bound.entry);
  }
  for (const { columns } of linear.blocks) for (const column of columns) free.delete(column);
  return {
    ...linear,
    samples: 1,
    lower,
    upper,
    lowerOwner: linear.lowerOwner.subarray(sample * size, (sample + 1) * size),
    upperOwner: linear.upperOwner.subarray(sample * size, (sample + 1) * size),
    rowLower: linear.rowLower.subarray(sample * rows, (sample + 1) * rows),
    rowUpper: linear.rowUpper.subarray(sample * rows, (sample + 1) * rows),
    blocks: linear.blocks.map((block) =>
      block.columns.some((column) => touched.has(column))
        ? { ...block, closed: undefined, affine: undefined }
        : block,
    ),
    free: Int32Array.from(free),
  };
}

/** The least that a choice can cost: each entry's bounds alone. */
function leastCost({ size, lower, upper, weight }: LinearProgram, x: Float64Array, mode: Mode): number {
  let sum = 0;
  for (let j = 0; j < size; j++) {
    const gap = outside(x[j]!, lower[j]!, upper[j]!);
    if (gap === 0) continue;
    const w = weight === undefined ? 1 : weight[j]!;
    if (mode.kind === HARD) sum += 0.5 * gap * gap;
    else if (mode.kind === L1) {
      const cap = mode.cap * w;
      sum += gap <= cap ? 0.5 * gap * gap : cap * gap - 0.5 * cap * cap;
    } else {
      const strength = mode.gamma * w * w;
      sum += (0.5 * gap * gap * strength) / (1 + strength);
    }
  }
  return sum;
}

function costOf(
  member: Program,
  { point, x, mode }: { point: Float64Array; x: Float64Array; mode: Mode },
): number {
  let sum = 0;
  for (let j = 0; j < x.length; j++) sum += 0.5 * (point[j]! - x[j]!) ** 2;
  if (mode.kind === HARD) return sum;
  measure(member, {
    x: point,
    sample: 0,
    tolerance: 0,
    visit: (_, violation) =>
      (sum += mode.kind === L1 ? mode.cap * violation : 0.5 * mode.gamma * violation * violation),
  });
  return sum;
}
