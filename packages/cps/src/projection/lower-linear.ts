import { LabError } from '@lab/tensor-core/errors';
import type { BoundsConstraint, Curve, FixedConstraint } from '../constraints/entries';
import type {
  ArgmaxConstraint,
  ArgminConstraint,
  PeakConstraint,
  TroughConstraint,
} from '../constraints/extremes';
import { isNested, type LinearConstraint, type RowBounds } from '../constraints/matrix';
import type {
  MaxCurvatureConstraint,
  MaxStepConstraint,
  MonotoneConstraint,
  OhlcConstraint,
  ReturnsConstraint,
  TotalReturnConstraint,
} from '../constraints/shapes';
import { emptyLowered, type Lowered } from './lowered';
import { LoweringContext } from './lowering-context';

export function lowerBounds(c: BoundsConstraint, ctx: LoweringContext): void {
  const { length } = ctx.frame;
  const steps = c.steps?.map((at) => ctx.step(at)) ?? Array.from({ length }, (_, step) => step);
  const lower = c.lower === undefined ? -Infinity : ctx.pick(c.lower);
  const upper = c.upper === undefined ? Infinity : ctx.pick(c.upper);
  const low = curveOf(c.lowerCurve, ctx);
  const high = curveOf(c.upperCurve, ctx);
  for (const channel of ctx.channels(c.channel))
    for (const step of steps)
      ctx.bound(
        ctx.entry(step, channel),
        Math.max(lower, low?.[step] ?? -Infinity),
        Math.min(upper, high?.[step] ?? Infinity),
      );
}

function curveOf(curve: Curve | undefined, ctx: LoweringContext): readonly number[] | undefined {
  if (curve === undefined) return undefined;
  const nested = Array.isArray(curve[0]);
  if (nested && curve.length !== ctx.frame.batch)
    throw new LabError('shape', `${ctx.name}: one curve for each sample`, {
      received: [curve.length],
      expected: ctx.frame.batch === undefined ? 'the option batch of compileConstraints' : [ctx.frame.batch],
    });
  const one = (nested ? curve[ctx.sample] : curve) as readonly number[];
  if (one.length !== ctx.frame.length)
    throw new LabError('shape', `${ctx.name}: a curve has one number for each step`, {
      received: [one.length],
      expected: [ctx.frame.length],
    });
  return one;
}

export function lowerFixed(c: FixedConstraint, ctx: LoweringContext): void {
  for (const channel of ctx.channels(c.channel))
    for (const [at, value] of Object.entries(c.values)) {
      const level = ctx.pick(value);
      ctx.bound(ctx.entry(ctx.step(Number(at)), channel), level, level);
    }
}

/** Argmin is argmax of the mirrored series: every row is written with the sign. */
export function lowerExtreme(c: ArgmaxConstraint | ArgminConstraint, ctx: LoweringContext): void {
  const margin = c.margin === undefined ? 0 : ctx.pick(c.margin);
  const up = c.kind === 'argmax';
  for (const channel of ctx.channels(c.channel)) {
    const at = ctx.entry(ctx.step(ctx.pick(c.at)), channel);
    const others = ctx.entries(channel).filter((entry) => entry !== at);
    if (c.value !== undefined) {
      const value = ctx.pick(c.value);
      ctx.bound(at, value, value);
      for (const entry of others)
        if (up) ctx.bound(entry, -Infinity, value - margin);
        else ctx.bound(entry, value + margin, Infinity);
    } else
      ctx.structure(
        c.kind,
        [at, ...others],
        () => {
          for (const entry of others)
            if (up) ctx.row([at, entry], [1, -1], [margin, Infinity]);
            else ctx.row([entry, at], [1, -1], [margin, Infinity]);
        },
        margin,
      );
  }
}

export function lowerPeak(c: PeakConstraint | TroughConstraint, ctx: LoweringContext): void {
  const value = ctx.pick(c.value);
  const up = c.kind === 'peak';
  for (const channel of ctx.channels(c.channel)) {
    const entries = ctx.entries(channel);
    for (const entry of entries)
      if (up) ctx.bound(entry, -Infinity, value);
      else ctx.bound(entry, value, Infinity);
    if (c.at !== undefined) ctx.bound(ctx.entry(ctx.step(ctx.pick(c.at)), channel), value, value);
    else
      ctx.out.unions.push({
        owner: ctx.owner,
        members: entries.map((entry) => {
          const member: Lowered = emptyLowered();
          const inner = new LoweringContext(ctx.frame, ctx.sample, ctx.owner, ctx.name, member);
          inner.bound(entry, value, value);
          return member;
        }),
      });
  }
}

export function lowerMonotone(c: MonotoneConstraint, ctx: LoweringContext): void {
  const up = c.direction !== 'decreasing';
  for (const channel of ctx.channels(c.channel)) {
    const entries = ctx.entries(channel);
    ctx.structure(up ? 'increasing' : 'decreasing', entries, () => {
      for (let t = 0; t + 1 < entries.length; t++) {
        const [early, late] = [entries[t]!, entries[t + 1]!];
        ctx.row(up ? [late, early] : [early, late], [1, -1], [0, Infinity]);
      }
    });
  }
}

export function lowerMaxStep(c: MaxStepConstraint, ctx: LoweringContext): void {
  const limit = ctx.pick(c.value);
  for (const channel of ctx.channels(c.channel)) {
    const entries = ctx.entries(channel);
    for (let t = 0; t + 1 < entries.length; t++)
      ctx.row([entries[t]!, entries[t + 1]!], [-1, 1], [-limit, limit]);
  }
}

export function lowerMaxCurvature(c: MaxCurvatureConstraint, ctx: LoweringContext): void {
  const limit = ctx.pick(c.value);
  for (const channel of ctx.channels(c.channel)) {
    const entries = ctx.entries(channel);
    for (let t = 1; t + 1 < entries.length; t++)
      ctx.row([entries[t - 1]!, entries[t]!, entries[t + 1]!], [1, -2, 1], [-limit, limit]);
  }
}

export function lowerReturns(c: ReturnsConstraint, ctx: LoweringContext): void {
  const lower = c.lower === undefined ? undefined : ctx.pick(c.lower);
  const upper = c.upper === undefined ? undefined : ctx.pick(c.upper);
  if (lower !== undefined && upper !== undefined && lower > upper)
    throw new LabError('infeasible', `${ctx.name}: the least return is above the greatest`, {
      received: { lower, upper },
    });
  for (const channel of ctx.channels(c.channel)) {
    const entries = ctx.entries(channel);
    for (let t = 0; t + 1 < entries.length; t++) {
      const pair = [entries[t]!, entries[t + 1]!];
      if (lower !== undefined) ctx.row(pair, [-(1 + lower), 1], [0, Infinity]);
      if (upper !== undefined) ctx.row(pair, [-(1 + upper), 1], [-Infinity, 0]);
    }
  }
}

export function lowerTotalReturn(c: TotalReturnConstraint, ctx: LoweringContext): void {
  const growth = 1 + ctx.pick(c.value);
  for (const channel of ctx.channels(c.channel)) {
    const base = c.from === undefined ? channel : ctx.channel(c.from);
    const columns = [ctx.entry(0, base), ctx.entry(ctx.frame.length - 1, channel)];
    ctx.row(columns, [-growth, 1], [0, 0]);
  }
}

export function lowerOhlc(c: OhlcConstraint, ctx: LoweringContext): void {
  const named = ['open', 'high', 'low', 'close'].every((name) => ctx.frame.names?.includes(name));
  const find = (name: 'open' | 'high' | 'low' | 'close', index: number): number =>
    ctx.channel(c[name] ?? (named ? name : index));
  const [open, high, low, close] = [find('open', 0), find('high', 1), find('low', 2), find('close', 3)];
  for (let step = 0; step < ctx.frame.length; step++) {
    const at = (channel: number): number => ctx.entry(step, channel);
    ctx.structure('bar', [at(low), at(open), at(close), at(high)], () => {
      for (const inner of [open, close]) {
        ctx.row([at(inner), at(low)], [1, -1], [0, Infinity]);
        ctx.row([at(high), at(inner)], [1, -1], [0, Infinity]);
      }
    });
  }
}

export function lowerLinear(c: LinearConstraint, ctx: LoweringContext): void {
  const size = ctx.frame.length * ctx.frame.channels;
  const lower = rowBounds(c.lower, ctx);
  const upper = rowBounds(c.upper, ctx);
  c.matrix.forEach((coefficients, i) => {
    if (coefficients.length !== size)
      throw new LabError(
        'shape',
        `${ctx.name}: a row of the matrix has one number for each entry of the series`,
        {
          received: [coefficients.length],
          expected: [size],
        },
      );
    const columns: number[] = [];
    coefficients.forEach((value, j) => value !== 0 && columns.push(j));
    const values = columns.map((j) => coefficients[j]!);
    ctx.row(columns, values, [lower?.[i] ?? -Infinity, upper?.[i] ?? Infinity]);
  });
}

function rowBounds(side: RowBounds | undefined, ctx: LoweringContext): readonly number[] | undefined {
  if (side === undefined || !isNested(side)) return side;
  if (side.length !== ctx.frame.batch)
    throw new LabError('shape', `${ctx.name}: one list of bounds for each sample`, {
      received: [side.length],
      expected: ctx.frame.batch === undefined ? 'the option batch of compileConstraints' : [ctx.frame.batch],
    });
  return side[ctx.sample];
}
