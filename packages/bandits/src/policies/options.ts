import { LabError } from '@lab/tensor-core/errors';

/** @throws LabError `argument` naming the option that is not a finite number from 0 */
export function checkNonNegative(where: string, options: Readonly<Record<string, number>>): void {
  for (const [argument, value] of Object.entries(options))
    if (!(value >= 0 && value < Infinity))
      throw new LabError('argument', `${where}: ${argument} is a finite number from 0`, {
        argument,
        received: String(value),
      });
}

/** @throws LabError `argument` naming the option that is not a finite number above 0 */
export function checkPositive(where: string, options: Readonly<Record<string, number>>): void {
  for (const [argument, value] of Object.entries(options))
    if (!(value > 0 && value < Infinity))
      throw new LabError('argument', `${where}: ${argument} is a finite number above 0`, {
        argument,
        received: String(value),
      });
}

/** @throws LabError `argument` naming the option that is not a whole number of at least `min` */
export function checkCount(where: string, options: Readonly<Record<string, number>>, min = 1): void {
  for (const [argument, value] of Object.entries(options))
    if (!Number.isSafeInteger(value) || value < min)
      throw new LabError('argument', `${where}: ${argument} is a whole number of at least ${min}`, {
        argument,
        received: String(value),
      });
}
