import { claim, type Claim } from '@lab/experiment';
import type { Scored } from './glyphs';
import { rms } from './score-glyphs';

/** Rules fixed before the first run. */
export function editingClaims(edited: Scored): Claim[] {
  const style = (id: string): number => edited[id]!.style;
  const rises = (ids: readonly string[]): boolean =>
    ids.every((id, i) => i === 0 || style(id) >= style(ids[i - 1]!));
  const stops = (gamma: number, list: readonly number[]): string[] =>
    list.map((stop) => `rf-${gamma}-0.9-${stop}`);
  const common = [7, 10, 14];
  const gap = rms(edited['rf-1-1-7']!.image, edited['sdedit-7']!.image);
  const digits = Object.values(edited).map(({ digit }) => digit);
  return [
    claim({
      id: 'edits',
      statement: 'Every method shows the wanted digit',
      paper: 'not reported in numbers',
      measured: `lowest share over ${digits.length} methods: ${Math.min(...digits).toFixed(3)}`,
      criterion: 'at least 0.95 for each method',
      holds: Math.min(...digits) >= 0.95,
    }),
    claim({
      id: 'structured-noise',
      statement: 'At the same noise level, structured noise keeps more of the image than random noise',
      paper: 'Table 2: RF-Inversion keeps more of a face than SDEdit on Flux (DINO 0.951 to 0.892)',
      measured: { 'gamma 0, eta 1, stop 7': style('rf-0-1-7'), 'SDEdit from 0.75': style('sdedit-7') },
      criterion: 'style kept more often by at least 0.4',
      holds: style('rf-0-1-7') - style('sdedit-7') > 0.4,
    }),
    claim({
      id: 'longer-pull-keeps-more',
      statement: 'The longer the pull to the image lasts, the more is kept of it',
      paper: 'Figures 9 and 10: stopping time and strength trade faithfulness for editability',
      measured: [...stops(0, [4, 7, 10, 14]), ...stops(0.5, [7, 10, 14, 20])]
        .map((id) => `${edited[id]!.name}: ${style(id).toFixed(2)}`)
        .join('; '),
      criterion: 'style kept never falls with the stopping time, at gamma 0 and at gamma 0.5',
      holds: rises(stops(0, [4, 7, 10, 14])) && rises(stops(0.5, [7, 10, 14, 20])),
    }),
    claim({
      id: 'gamma-between',
      statement: 'Gamma 0.5 lies between plain inversion and SDEdit',
      paper: 'Section 3.2: gamma interpolates',
      measured: common
        .map(
          (stop) =>
            `stop ${stop}: ${[0, 0.5, 1].map((g) => style(`rf-${g}-0.9-${stop}`).toFixed(2)).join(', ')}`,
        )
        .join('; '),
      criterion: 'style kept at gamma 0.5 is between those at gamma 0 and 1 (within 0.03), at every stop',
      holds: common.every((stop) => {
        const [none, half, full] = [0, 0.5, 1].map((g) => style(`rf-${g}-0.9-${stop}`)) as [
          number,
          number,
          number,
        ];
        return half <= none + 0.03 && half >= full - 0.03;
      }),
    }),
    claim({
      id: 'sdedit-is-a-corner',
      statement: 'Gamma 1 with eta 1 up to a step is SDEdit from the noise level there',
      paper: 'not stated; derived',
      measured: gap,
      criterion: 'root mean square difference at most 1e-5',
      holds: (difference) => difference <= 1e-5,
    }),
  ];
}

export function strokeClaims(stroked: Scored): Claim[] {
  const { ode, 'sdedit-18': sde, 'rf-0.5-0.9-20': long } = stroked as Record<string, Scored[string]>;
  const ours = [7, 14, 20].map((stop) => stroked[`rf-0.5-0.9-${stop}`]!.manifold);
  return [
    claim({
      id: 'uncontrolled-keeps-corruption',
      statement:
        'Plain inversion carries the corruption of a stroke painting into the result; the controlled one returns to images',
      paper: 'Section 5.1, Figure 4: DDIM-style inversion propagates the corruption; Table 1',
      measured: { 'ODE inversion': ode!.manifold, 'RF-Inversion, gamma 0.5 (farthest)': Math.max(...ours) },
      criterion: 'distance to the nearest image at least 1.7 times that of every setting at gamma 0.5',
      holds: ours.every((each) => ode!.manifold >= 1.7 * each),
    }),
    claim({
      id: 'strokes-like-sdedit',
      statement: 'From strokes, RF-Inversion is as realistic and as faithful as SDEdit',
      paper: 'Table 1: better in both (L2 82.65 to 94.89, KID 0.025 to 0.032)',
      measured: {
        'realism, ours': long!.manifold,
        'realism, SDEdit from 0.36': sde!.manifold,
        'distance to the stroke, ours': long!.distance,
        'distance to the stroke, SDEdit': sde!.distance,
      },
      criterion: 'neither distance larger than SDEdit from 0.36 by more than 0.02',
      holds: long!.manifold <= sde!.manifold + 0.02 && long!.distance <= sde!.distance + 0.02,
    }),
  ];
}
