/**
 * What kind of thing went wrong; stable across releases, so that a program may branch on it.
 *
 * - `argument`: a value is of the wrong type, out of its range or not finite
 * - `shape`: shapes do not fit together
 * - `format`: a file or text is not what it claims to be
 * - `infeasible`: constraints that no point satisfies
 * - `not-converged`: an iteration ended before its tolerance was reached
 * - `numeric`: NaN or infinity where a number was needed
 * - `missing`: something optional that is not installed or not present
 * - `unsupported`: a combination that does not exist (here, or on this engine)
 * - `memory`: more than the engine can hold
 * - `aborted`: the caller's signal
 */
export type LabErrorCode =
  | 'argument'
  | 'shape'
  | 'format'
  | 'infeasible'
  | 'not-converged'
  | 'numeric'
  | 'missing'
  | 'unsupported'
  | 'memory'
  | 'aborted';

export interface LabErrorDetails {
  /** Name of the argument, file or option at fault. */
  readonly argument?: string;
  /** What arrived. Shapes are printed as `[2,3]`. */
  readonly received?: unknown;
  /** What was expected. */
  readonly expected?: unknown;
  /** What the caller can do about it. */
  readonly hint?: string;
  readonly cause?: unknown;
}

const marker = Symbol.for('@lab/error');

/**
 * The one error this project throws on purpose: what was wrong, what arrived, what was expected, what to do.
 *
 * @example
 * throw new LabError('shape', 'matmul: inner sizes differ', { received: [[2, 3], [4, 5]], hint: 'transpose b' });
 */
export class LabError extends Error {
  readonly code: LabErrorCode;
  readonly details: LabErrorDetails;
  readonly [marker] = true;

  constructor(code: LabErrorCode, sentence: string, details: LabErrorDetails = {}) {
    super(describe(sentence, details), details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'LabError';
    this.code = code;
    this.details = details;
  }
}

/** True for a `LabError` of any copy of this package in the process (`instanceof` fails across copies). */
export function isLabError(error: unknown): error is LabError {
  return typeof error === 'object' && error !== null && marker in error;
}

function describe(sentence: string, { argument, received, expected, hint }: LabErrorDetails): string {
  const parts = [sentence];
  if (argument !== undefined) parts.push(`argument: ${argument}`);
  if (expected !== undefined) parts.push(`expected: ${print(expected)}`);
  if (received !== undefined) parts.push(`received: ${print(received)}`);
  if (hint !== undefined) parts.push(`hint: ${hint}`);
  return parts.join('; ');
}

function print(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  try {
    const json = JSON.stringify(value) as string | undefined;
    return json ?? String(value);
  } catch {
    return String(value);
  }
}
