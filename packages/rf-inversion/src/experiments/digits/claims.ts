import { claim, pairedDifference, summarize, type Claim } from '@lab/experiment';
import type { Comparison } from './digits';

/** Rules fixed before the first run. */
export function digitClaims({ reconstruction, edits, sketches }: Comparison): Claim[] {
  const [straight, half] = reconstruction.map(({ errors }) => summarize(errors).mean) as [number, number];
  const distances = (id: string): readonly number[] => edits[id]!.distances;
  const mean = (id: string): number => summarize(distances(id)).mean;
  const gain = pairedDifference(distances('sdedit-7'), distances('rf-0-1-7'));
  const [ours, sde] = [edits['rf-0-1-7']!.accuracy, edits['sdedit-7']!.accuracy];
  const long = sketches['rf-0.5-14']!.realism;
  return [
    claim({
      id: 'inverts',
      statement: 'A trained flow returns an image from its own noise, and gamma 0.5 forgets it',
      paper: 'Proposition 3.1 and Section 3.2; no figures',
      measured: { 'gamma 0': straight, 'gamma 0.5': half },
      criterion: 'error at gamma 0 below a third of that at gamma 0.5',
      holds: straight < half / 3,
    }),
    claim({
      id: 'edits',
      statement: 'RF-Inversion turns a digit into another',
      paper: 'Figures 1 and 5; no figures for editing by class',
      measured: { 'gamma 0.5, eta 0.9, stop 7': edits['rf-0.5-7']!.accuracy },
      criterion: 'the wanted digit in at least 0.8 of the edits',
      holds: edits['rf-0.5-7']!.accuracy >= 0.8,
    }),
    claim({
      id: 'structured-noise',
      statement:
        'At the same noise level, structured noise stays nearer to the image than random noise, and shows the wanted digit',
      paper: 'Table 2: RF-Inversion keeps more than SDEdit on Flux at equal prompt similarity',
      measured: {
        'distance less than SDEdit by': gain,
        'wanted digit, ours': ours,
        'wanted digit, SDEdit': sde,
      },
      criterion:
        'the 95% interval of the difference lies above 0, and the wanted digit at most 0.1 less often',
      holds: gain.low > 0 && ours >= sde - 0.1,
    }),
    claim({
      id: 'longer-pull-keeps-more',
      statement: 'The longer the pull lasts, the nearer the edit stays to the image',
      paper: 'Figures 9 and 10',
      measured: { 'stop 7': mean('rf-0.5-7'), 'stop 14': mean('rf-0.5-14'), 'stop 20': mean('rf-0.5-20') },
      criterion: 'the mean distance falls from stop 7 to 14 to 20',
      holds: mean('rf-0.5-7') > mean('rf-0.5-14') && mean('rf-0.5-14') > mean('rf-0.5-20'),
    }),
    claim({
      id: 'uncontrolled-keeps-corruption',
      statement: 'Plain inversion of a coarse sketch ends farther from real digits than the controlled one',
      paper: 'Section 5.1, Table 1',
      measured: { 'ODE inversion': sketches.ode!.realism, 'gamma 0.5, eta 0.9, stop 14': long },
      criterion: 'distance to the nearest real digit at least 1.15 times as large',
      holds: sketches.ode!.realism >= 1.15 * long,
    }),
  ];
}
