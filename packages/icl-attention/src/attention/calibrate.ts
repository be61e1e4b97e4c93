import { checkNumber } from '../theory/checks';
import { checkPrompt, type PromptSize } from '../theory/population-loss';
import { rescaled, type AttentionUnit } from './unit';

/** What a window depends on: Lambda = n L^2 / sigma^2. */
export interface Setting extends PromptSize {
  readonly lipschitz: number;
}

/** Lambda = n L^2 / sigma^2, the signal-to-noise ratio that decides the window. */
export function signalToNoise({ context, lipschitz, noise }: Setting): number {
  checkPrompt({ context, noise }, 'signalToNoise');
  checkNumber(lipschitz, { argument: 'lipschitz', where: 'signalToNoise', above: 0 });
  checkNumber(noise, { argument: 'noise', where: 'signalToNoise', above: 0 });
  return (context * lipschitz ** 2) / noise ** 2;
}

/**
 * A unit whose window is that of another setting, by the power law of the theory: M times
 * (Lambda_to / Lambda_from)^exponent.
 *
 * @param options `exponent` as `windowExponent({ dimension, smoothness })` gives it
 * @example
 * calibrate(unit, { from, to: { ...from, noise: 0.6 }, exponent: windowExponent({ dimension: 3, smoothness: 'smooth' }) });
 */
export function calibrate(
  unit: AttentionUnit,
  { from, to, exponent }: { readonly from: Setting; readonly to: Setting; readonly exponent: number },
): AttentionUnit {
  checkNumber(exponent, { argument: 'exponent', where: 'calibrate', above: 0 });
  return rescaled(unit, (signalToNoise(to) / signalToNoise(from)) ** exponent);
}
