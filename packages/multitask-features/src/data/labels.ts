import { LabError } from '@lab/tensor-core/errors';

/**
 * Labels as -1 and +1, with NaN for a missing one; 0 and 1 are converted.
 * @param task what errors call the task
 * @throws LabError `argument` naming the task and the value that is no label
 */
export function signLabels(y: ArrayLike<number>, task: string): Float64Array {
  const labels = y instanceof Float64Array ? y.slice() : Float64Array.from(y);
  const zeroOne = labels.includes(0);
  for (let i = 0; i < labels.length; i++) {
    const value = labels[i]!;
    if (Number.isNaN(value)) continue;
    if (value !== 1 && value !== (zeroOne ? 0 : -1))
      throw new LabError('argument', `task ${task}: a label is not one of two`, {
        argument: 'y',
        received: `${value} in row ${i}`,
        expected: zeroOne ? '0 and 1 (this task has a 0)' : '-1 and 1, or 0 and 1; NaN for a missing one',
      });
    labels[i] = value === 1 ? 1 : -1;
  }
  return labels;
}

/** Real targets with mean 0 and standard deviation 1 over the rows that have one; NaN stays missing. */
export function standardTargets(y: ArrayLike<number>): Float64Array {
  const known = Array.from(y).filter((value) => !Number.isNaN(value));
  const mean = known.reduce((sum, value) => sum + value, 0) / Math.max(known.length, 1);
  const square = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(known.length, 1);
  return Float64Array.from(y, (value) => (value - mean) / (Math.sqrt(square) || 1));
}
