import { LabError } from '@lab/tensor-core/errors';
import type { Constraint } from '../constraints/union';
import type { CompileOptions } from './compile';
import { lower, isPerSample } from './lower';
import { leaves, type Lowered } from './lowered';
import type { SeriesFrame } from './lowering-context';
import { linearProgram, type LinearProgram } from './linear-program';
import { pullRows, structureKey, type PulledRows } from './pulled';
import { pullBacks, type PullBack } from './scale';

/** What is not linear in one sample. */
export interface GeneralPieces {
  readonly lowered: Lowered;
  readonly map: PullBack;
}

/** Samples that share their linear rows. */
export interface Program {
  readonly linear: LinearProgram;
  /** For each sample of the program, where any has pieces that are not linear. */
  readonly general: readonly GeneralPieces[] | undefined;
  readonly names: readonly string[];
  readonly shape: readonly [number, number];
}

export interface ProgramSet {
  readonly shape: readonly [number, number];
  readonly batch: number | undefined;
  readonly names: readonly string[];
  readonly convex: boolean;
  /** Rows and scalar conditions, the most of any sample. */
  readonly count: number;
  /** Multipliers kept for each sample. */
  readonly rows: number;
  readonly programs: readonly Program[];
  /** The program of sample b and its place in it. */
  place(b: number): { readonly program: Program; readonly sample: number };
}

/** Lowers the constraints for each sample, and packs samples with equal rows together. */
export function buildPrograms(
  constraint: Constraint,
  { shape, batch, channels, scale }: CompileOptions,
): ProgramSet {
  checkShape(shape, { batch, channels });
  const names = uniqueNames(leaves(constraint));
  const maps = pullBacks(scale, { shape, batch });
  const frame: SeriesFrame = {
    length: shape[0],
    channels: shape[1],
    names: channels,
    batch,
    logarithmic: maps[0]!.logarithmic,
  };
  const single = !isPerSample(constraint) && maps.length === 1;
  if (!single && batch === undefined)
    throw new LabError(
      'argument',
      'compileConstraints: parameters differ between samples, so batch must be known',
      {
        argument: 'batch',
        hint: 'give the option batch',
      },
    );
  const members = single ? 1 : batch!;
  const groups = new Map<string, { pulled: PulledRows[]; pieces: GeneralPieces[]; general: boolean }>();
  const places: { group: string; sample: number }[] = [];
  let count = 0;
  for (let b = 0; b < members; b++) {
    const lowered = lower(constraint, { frame, sample: b });
    const map = maps[maps.length === 1 ? 0 : b]!;
    const pulled = pullRows(lowered, map, names);
    const key = structureKey(pulled);
    let group = groups.get(key);
    if (group === undefined) groups.set(key, (group = { pulled: [], pieces: [], general: false }));
    places.push({ group: key, sample: group.pulled.length });
    group.pulled.push(pulled);
    group.pieces.push({ lowered, map });
    group.general ||= lowered.smooth.length + lowered.balls.length + lowered.unions.length > 0;
    count = Math.max(count, countOf(pulled, lowered));
  }
  const size = shape[0] * shape[1];
  const programs = new Map<string, Program>();
  for (const [key, { pulled, pieces, general }] of groups)
    programs.set(key, {
      linear: linearProgram(pulled, { size, names }),
      general: general ? pieces : undefined,
      names,
      shape,
    });
  const found = places.map(({ group, sample }) => ({ program: programs.get(group)!, sample }));
  return {
    shape,
    batch: single ? undefined : batch,
    names,
    convex: constraint.convex,
    count,
    rows: Math.max(...[...programs.values()].map(({ linear }) => linear.rows)),
    programs: [...programs.values()],
    place: (b) => found[single ? 0 : b]!,
  };
}

/** Rows, two-sided ones once; entries with bounds, once each however many constraints bound them; scalar conditions. */
function countOf({ rows, bounds }: PulledRows, { smooth, balls, unions }: Lowered): number {
  const entries = new Set(bounds.map(({ entry }) => entry));
  return rows.length + entries.size + smooth.length + balls.length + unions.length;
}

function uniqueNames(constraints: readonly Constraint[]): string[] {
  const seen = new Map<string, number>();
  return constraints.map(({ name }) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 ? name : `${name} #${times}`;
  });
}

function checkShape(
  shape: readonly [number, number],
  { batch, channels }: { batch: number | undefined; channels: readonly string[] | undefined },
): void {
  if (shape.some((size) => !Number.isInteger(size) || size < 1))
    throw new LabError('shape', 'compileConstraints: shape is [length, channels], both at least 1', {
      argument: 'shape',
      received: shape,
    });
  if (batch !== undefined && (!Number.isInteger(batch) || batch < 1))
    throw new LabError('argument', 'compileConstraints: batch is a whole number from 1', {
      argument: 'batch',
      received: batch,
    });
  if (channels !== undefined && channels.length !== shape[1])
    throw new LabError('shape', 'compileConstraints: one name for each channel', {
      argument: 'channels',
      received: channels,
      expected: [shape[1]],
    });
}
