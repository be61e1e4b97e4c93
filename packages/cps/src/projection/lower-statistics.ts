import { LabError } from '@lab/tensor-core/errors';
import type { CustomConstraint } from '../constraints/custom';
import type {
  AutocorrelationConstraint,
  MeanAbsoluteChangeConstraint,
  SpectralAmplitudeConstraint,
  StdConstraint,
  VolatilityConstraint,
} from '../constraints/statistics';
import type { LoweringContext } from './lowering-context';
import {
  autocorrelationValue,
  centralDifferences,
  meanAbsoluteChangeValue,
  spectralAmplitudeValue,
  stdValue,
  volatilityValue,
} from './statistics-values';

type Statistic =
  | StdConstraint
  | MeanAbsoluteChangeConstraint
  | AutocorrelationConstraint
  | VolatilityConstraint
  | SpectralAmplitudeConstraint;

/** Statistics of one channel over time, each a smooth function of its entries. */
export function lowerStatistic(c: Statistic, ctx: LoweringContext): void {
  const { length } = ctx.frame;
  const [lower, upper] = ctx.interval(c);
  checkReachable(c, { lower, upper, ctx });
  for (const channel of ctx.channels(c.channel))
    ctx.smooth({
      entries: Int32Array.from(ctx.entries(channel)),
      lower,
      upper,
      kind:
        c.kind === 'std' || c.kind === 'autocorrelation'
          ? c.kind
          : c.kind === 'meanAbsoluteChange'
            ? 'steps'
            : 'general',
      ...(c.kind === 'autocorrelation' ? { lag: c.lag } : {}),
      evaluate: evaluator(c, ctx.name, length),
    });
}

function evaluator(
  c: Statistic,
  name: string,
  length: number,
): (z: Float64Array, gradient: Float64Array) => number {
  switch (c.kind) {
    case 'std':
      return stdValue;
    case 'meanAbsoluteChange':
      return meanAbsoluteChangeValue;
    case 'autocorrelation':
      return (z, gradient) => autocorrelationValue(z, gradient, c.lag);
    case 'volatility':
      return volatilityValue({ returns: c.returns ?? 'log', periodsPerYear: c.periodsPerYear ?? 1, name });
    case 'spectralAmplitude':
      return spectralAmplitudeValue(c.frequency, length);
  }
}

/** Refuses what no series of this length has. */
function checkReachable(
  c: Statistic,
  { lower, upper, ctx }: { lower: number; upper: number; ctx: LoweringContext },
): void {
  const { length } = ctx.frame;
  if (lower > upper)
    throw new LabError('infeasible', `${ctx.name}: the lower limit is above the upper`, {
      received: { lower, upper },
    });
  if (length < 2)
    throw new LabError('infeasible', `${ctx.name}: one step has no such statistic`, { received: { length } });
  if (c.kind === 'spectralAmplitude' && c.frequency > length / 2)
    throw new LabError('argument', `${ctx.name}: the frequency is above half the length`, {
      argument: 'frequency',
      received: c.frequency,
      expected: `at most ${Math.floor(length / 2)}`,
    });
  if (c.kind === 'autocorrelation') {
    if (c.lag >= length)
      throw new LabError('argument', `${ctx.name}: the lag reaches beyond the series`, {
        argument: 'lag',
        received: c.lag,
        expected: `below ${length}`,
      });
    // The symmetrised shift is a set of paths; a path of p nodes has spectral radius cos(pi / (p + 1)).
    const most = Math.cos(Math.PI / (Math.ceil(length / c.lag) + 1));
    if (lower > most || upper < -most)
      throw new LabError('infeasible', `${ctx.name}: no series of this length has such an autocorrelation`, {
        received: lower > most ? lower : upper,
        expected: `within +-${most.toFixed(6)}`,
      });
  }
}

export function lowerCustom(c: CustomConstraint, ctx: LoweringContext): void {
  const size = ctx.frame.length * ctx.frame.channels;
  const gradientOf = c.gradient;
  ctx.smooth({
    entries: Int32Array.from({ length: size }, (_, i) => i),
    lower: c.relation === 'equality' ? 0 : -Infinity,
    upper: 0,
    kind: 'general',
    evaluate: (z, gradient) => {
      if (gradientOf === undefined) centralDifferences(c.value, z, gradient);
      else {
        const slopes = gradientOf(z);
        if (slopes.length !== size)
          throw new LabError(
            'shape',
            `${ctx.name}: the gradient has one number for each entry of the series`,
            {
              received: [slopes.length],
              expected: [size],
            },
          );
        gradient.set(Array.from(slopes));
      }
      return c.value(z);
    },
  });
}
