import { cps } from './cps';
import type { SeriesMethod } from './types';
import type { EtaOptions } from './unconstrained';

/**
 * Samples freely, then projects the finished series onto the constraints. With the Euclidean distance as its objective
 * this is COP fine-tuning without a realism budget.
 */
export function postHoc({ eta = 0 }: EtaOptions = {}): SeriesMethod {
  return cps({ name: 'post-hoc', gamma: 'posthoc', eta });
}
