import { claim, summarize, type Claim } from '@lab/experiment';
import type { PhotographScores } from './photographs';

/** Rules fixed before the first run. */
export function photographClaims(scores: Readonly<Record<string, PhotographScores>>): Claim[] {
  const decibels = (id: string): number => summarize(scores[id]!.latent).mean;
  return [
    claim({
      id: 'photographs-return',
      statement: 'The flow returns a photograph from its own noise, better by a method of second order',
      paper: 'Proposition 3.1; no figures',
      measured: { Euler: decibels('ode'), midpoint: decibels('midpoint') },
      criterion:
        'at least 25 dB to the autoencoder alone by Euler, and at least 10 dB more by the midpoint rule',
      holds: decibels('ode') >= 25 && decibels('midpoint') >= decibels('ode') + 10,
    }),
    claim({
      id: 'pull-keeps-photographs',
      statement:
        'Gamma 0.5 forgets a photograph; the reverse controller brings it back, the more the longer it acts',
      paper: 'Section 3.3, Figures 9 and 10',
      measured: { 'eta 0': decibels('forgets'), 'stop 7': decibels('window'), throughout: decibels('whole') },
      criterion: 'decibels rise from eta 0 to stop 7 to the whole run, by at least 1 each',
      holds: decibels('window') >= decibels('forgets') + 1 && decibels('whole') >= decibels('window') + 1,
    }),
  ];
}
