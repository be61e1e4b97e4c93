import { formatMeasured, isSummary, type Measured } from './format';
import type { Claim } from './types';

export interface ClaimOptions<M extends Measured> {
  /** Lower-case words joined by dashes. */
  readonly id: string;
  readonly statement: string;
  /** What the paper reports, with its place ("Table 2", "Section 4.1"), or "not reported". */
  readonly paper: string;
  /** What this run measured: a text, a number, a mean with its interval, or several of them by name. */
  readonly measured: M;
  /** The rule by which `holds` is decided, in words with its numbers. */
  readonly criterion: string;
  /** The rule itself, applied to `measured`. A boolean is for a rule that was computed before. */
  readonly holds: boolean | ((measured: M) => boolean);
}

/**
 * A claim decided by its measurement. Compare so that NaN fails: `(x) => x <= 1`, not `(x) => !(x > 1)`.
 *
 * @example
 * claim({
 *   id: 'zero-violations', statement: 'All series satisfy all constraints', paper: 'zero violations (Section 5)',
 *   measured: rate, criterion: 'share of violating series is 0', holds: (share) => share === 0,
 * });
 */
export function claim<M extends Measured>(options: ClaimOptions<M>): Claim {
  const { id, statement, paper, measured, criterion, holds } = options;
  return {
    id,
    statement,
    paper,
    measured: formatMeasured(measured),
    ...measuredNumbers(measured),
    criterion,
    holds: typeof holds === 'function' ? holds(measured) : holds,
  };
}

function measuredNumbers(measured: Measured): Pick<Claim, 'numbers'> {
  const named = typeof measured !== 'object' || isSummary(measured) ? { value: measured } : measured;
  const numbers: Record<string, number> = {};
  for (const [name, each] of Object.entries(named))
    if (typeof each !== 'string') numbers[name] = isSummary(each) ? each.mean : each;
  return Object.keys(numbers).length > 0 ? { numbers } : {};
}
