import { LabError } from '@lab/tensor-core/errors';
import type { LevelOptions, PerSample } from './constraint';

/** Refuses what is not a number or a list of numbers, one a sample; infinities only where `infinite` allows them. */
export function checkPerSample(
  value: PerSample | undefined,
  { where, argument, infinite = false }: { where: string; argument: string; infinite?: boolean },
): void {
  if (value === undefined) return;
  const list: readonly unknown[] =
    typeof value === 'number' ? [value] : Array.from(value as ArrayLike<unknown>);
  const wrong = list.find(
    (item) => typeof item !== 'number' || Number.isNaN(item) || (!infinite && !Number.isFinite(item)),
  );
  if (list.length === 0 || wrong !== undefined)
    throw new LabError(
      'argument',
      `${where}: ${argument} is a number, or a list of numbers with one for each sample`,
      {
        argument,
        received: typeof wrong === 'number' ? String(wrong) : (wrong ?? []),
      },
    );
}

/** Refuses a level that is neither a value nor an interval, or both. */
export function checkLevel(where: string, { value, lower, upper }: LevelOptions): void {
  const interval = lower !== undefined || upper !== undefined;
  if ((value !== undefined) === interval)
    throw new LabError('argument', `${where}: give either value, or lower and/or upper`, {
      argument: 'value',
      received: { value, lower, upper },
    });
  checkPerSample(value, { where, argument: 'value' });
  checkPerSample(lower, { where, argument: 'lower', infinite: true });
  checkPerSample(upper, { where, argument: 'upper', infinite: true });
}

/** Refuses numbers below `least`, for radii, lags, limits of steps. */
export function checkAtLeast(
  value: PerSample,
  { where, argument, least }: { where: string; argument: string; least: number },
): void {
  checkPerSample(value, { where, argument });
  const list = typeof value === 'number' ? [value] : Array.from(value);
  const wrong = list.find((item) => item < least);
  if (wrong !== undefined)
    throw new LabError('argument', `${where}: ${argument} is at least ${least}`, {
      argument,
      received: wrong,
    });
}

/** Refuses a position that is not a whole number; negative ones count from the end. */
export function checkPosition(value: PerSample | undefined, where: string): void {
  if (value === undefined) return;
  checkPerSample(value, { where, argument: 'at' });
  const list = typeof value === 'number' ? [value] : Array.from(value);
  const wrong = list.find((item) => !Number.isInteger(item));
  if (wrong !== undefined)
    throw new LabError('argument', `${where}: at is a whole number of steps from 0 (negative from the end)`, {
      argument: 'at',
      received: wrong,
    });
}
