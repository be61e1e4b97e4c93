import type { Constraint } from '../constraints/union';
import {
  lowerBounds,
  lowerExtreme,
  lowerFixed,
  lowerLinear,
  lowerMaxCurvature,
  lowerMaxStep,
  lowerMonotone,
  lowerOhlc,
  lowerPeak,
  lowerReturns,
  lowerTotalReturn,
} from './lower-linear';
import { lowerCustom, lowerStatistic } from './lower-statistics';
import { emptyLowered, leaves, type Lowered } from './lowered';
import { LoweringContext, type SeriesFrame } from './lowering-context';

/** Brings one sample's constraints down to rows, smooth functions, balls and unions. */
export function lower(
  constraint: Constraint,
  { frame, sample }: { readonly frame: SeriesFrame; readonly sample: number },
): Lowered {
  const out = emptyLowered();
  leaves(constraint).forEach((leaf, owner) => {
    lowerLeaf(leaf, new LoweringContext(frame, sample, owner, leaf.name, out));
  });
  return out;
}

function lowerLeaf(c: Constraint, ctx: LoweringContext): void {
  switch (c.kind) {
    case 'all':
      for (const leaf of leaves(c)) lowerLeaf(leaf, ctx);
      return;
    case 'anyOf':
      ctx.out.unions.push({
        owner: ctx.owner,
        members: c.constraints.map((member) => {
          const out = emptyLowered();
          lowerLeaf(member, new LoweringContext(ctx.frame, ctx.sample, ctx.owner, c.name, out));
          return out;
        }),
      });
      return;
    case 'mean':
    case 'total':
      for (const channel of ctx.channels(c.channel)) {
        const entries = ctx.entries(channel);
        const value = c.kind === 'mean' ? 1 / entries.length : 1;
        ctx.row(
          entries,
          entries.map(() => value),
          ctx.interval(c),
        );
      }
      return;
    case 'bounds': {
      lowerBounds(c, ctx);
      return;
    }
    case 'fixed': {
      lowerFixed(c, ctx);
      return;
    }
    case 'argmax':
    case 'argmin': {
      lowerExtreme(c, ctx);
      return;
    }
    case 'peak':
    case 'trough': {
      lowerPeak(c, ctx);
      return;
    }
    case 'monotone': {
      lowerMonotone(c, ctx);
      return;
    }
    case 'maxStep': {
      lowerMaxStep(c, ctx);
      return;
    }
    case 'maxCurvature': {
      lowerMaxCurvature(c, ctx);
      return;
    }
    case 'returns': {
      lowerReturns(c, ctx);
      return;
    }
    case 'totalReturn': {
      lowerTotalReturn(c, ctx);
      return;
    }
    case 'ohlc': {
      lowerOhlc(c, ctx);
      return;
    }
    case 'linear': {
      lowerLinear(c, ctx);
      return;
    }
    case 'simplex':
      for (const channel of ctx.channels(c.channel)) {
        const entries = ctx.entries(channel);
        const level = c.total === undefined ? 1 : ctx.pick(c.total);
        for (const entry of entries) ctx.bound(entry, 0, Infinity);
        ctx.row(
          entries,
          entries.map(() => 1),
          [level, level],
        );
      }
      return;
    case 'l1Ball':
    case 'l2Ball':
      for (const channel of ctx.channels(c.channel))
        ctx.out.balls.push({
          kind: c.kind === 'l1Ball' ? 'l1' : 'l2',
          entries: ctx.entries(channel),
          radius: ctx.pick(c.radius),
          owner: ctx.owner,
        });
      return;
    case 'std':
    case 'meanAbsoluteChange':
    case 'autocorrelation':
    case 'volatility':
    case 'spectralAmplitude': {
      lowerStatistic(c, ctx);
      return;
    }
    case 'custom': {
      lowerCustom(c, ctx);
      return;
    }
  }
}

/** True when any parameter differs between samples. */
export function isPerSample(constraint: Constraint): boolean {
  if (constraint.kind === 'all' || constraint.kind === 'anyOf')
    return constraint.constraints.some(isPerSample);
  return Object.entries(constraint).some(([field, value]) => {
    if (field === 'steps' || field === 'channel') return false;
    if (field === 'values') return Object.values(value as object).some((item) => typeof item === 'object');
    if (['matrix', 'lowerCurve', 'upperCurve'].includes(field) || constraint.kind === 'linear')
      return field !== 'matrix' && Array.isArray(value) && Array.isArray(value[0]);
    return typeof value === 'object';
  });
}
