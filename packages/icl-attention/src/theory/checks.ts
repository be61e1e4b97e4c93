import { LabError } from '@lab/tensor-core/errors';

/** Refuses what is not the dimension of a sphere's space; `where` opens the sentence. */
export function checkDimension(dimension: number, where: string): void {
  if (Number.isInteger(dimension) && dimension >= 2) return;
  throw new LabError('argument', `${where}: the theory needs a sphere in two or more dimensions`, {
    argument: 'dimension',
    received: String(dimension),
    expected: 'a whole number from 2',
  });
}

/** Refuses a number that is not finite, or not above `above`. */
export function checkNumber(
  value: number,
  { argument, where, above = -Infinity, from = -Infinity }: CheckNumberOptions,
): void {
  if (Number.isFinite(value) && value > above && value >= from) return;
  const range = above > -Infinity ? ` above ${above}` : from > -Infinity ? ` from ${from}` : '';
  throw new LabError('argument', `${where}: ${argument} is a finite number${range}`, {
    argument,
    received: String(value),
  });
}

interface CheckNumberOptions {
  readonly argument: string;
  readonly where: string;
  /** Lower end, excluded. @default none */
  readonly above?: number;
  /** Lower end, included. @default none */
  readonly from?: number;
}

/** Refuses what is not a count from `least` to `most`. */
export function checkCount(
  value: number,
  {
    argument,
    where,
    least = 1,
    most = Infinity,
  }: { argument: string; where: string; least?: number; most?: number },
): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const range = most < Infinity ? `from ${least} to ${most}` : `from ${least}`;
  throw new LabError('argument', `${where}: ${argument} is a whole number ${range}`, {
    argument,
    received: String(value),
  });
}
