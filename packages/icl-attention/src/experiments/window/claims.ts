import { claim, formatNumber, type Claim } from '@lab/experiment';
import type { Setting } from '../../attention';
import { windowExponent } from '../../theory';
import { greatestDeparture, logLogSlope } from '../shared/slope';
import type { FamilyName, Learned } from './window';

/** The settings that differ from the middle one in one quantity alone. */
export function along(
  learned: readonly Learned[],
  varied: keyof Setting,
  { family, middle }: { family: FamilyName; middle: Setting },
): Learned[] {
  const fixed = (['context', 'lipschitz', 'noise'] as const).filter((each) => each !== varied);
  return learned
    .filter((each) => each.family === family && fixed.every((name) => each[name] === middle[name]))
    .sort((a, b) => a[varied] - b[varied]);
}

const round = (value: number): string => value.toFixed(3);
const windows = (list: readonly Learned[]): number[] => list.map(({ window }) => window);

export function claimsOf(
  learned: readonly Learned[],
  options: { dimension: number; middle: Setting; anisotropy: number },
): Claim[] {
  const { dimension, middle } = options;
  const groups = sameRatio(learned);
  // Trained by another implementation at 8889, w with 800 points is 2.0 % (affine) and 2.7 % (ReLU) above w with 200.
  const allowed = ({ list }: { list: readonly Learned[] }): number => (list[0]!.ratio < 1000 ? 1.03 : 1.05);
  const exponents = {
    affine: { value: windowExponent({ dimension, smoothness: 'smooth' }), within: 0.04 },
    relu: { value: windowExponent({ dimension, smoothness: 'kinked' }), within: 0.06 },
  } as const;
  const of = (family: FamilyName): Learned[] => learned.filter((each) => each.family === family);
  const slopeOver = (family: FamilyName, varied: keyof Setting): number => {
    const list = along(learned, varied, { family, middle });
    return logLogSlope(
      list.map((each) => each[varied]),
      windows(list),
    );
  };
  const increasing = (list: readonly number[]): boolean =>
    list.every((each, i) => i === 0 || each > list[i - 1]!);
  const moved = (
    varied: keyof Setting,
    factor: number,
    sign: 1 | -1,
    words: { id: string; statement: string; paper: string },
  ): Claim => {
    const slopes = { affine: slopeOver('affine', varied), relu: slopeOver('relu', varied) };
    return claim({
      ...words,
      measured: `log-log slope: affine ${round(slopes.affine)}, ReLU ${round(slopes.relu)}`,
      criterion:
        `w ${sign > 0 ? 'grows' : 'falls'} from each value to the next, with slope ${round(sign * factor * exponents.affine.value)} +- ${factor * exponents.affine.within} (affine) ` +
        `and ${round(sign * factor * exponents.relu.value)} +- ${factor * exponents.relu.within} (ReLU)`,
      holds: (['affine', 'relu'] as const).every((family) => {
        const list = windows(along(learned, varied, { family, middle }));
        const { value, within } = exponents[family];
        return (
          increasing(sign > 0 ? list : [...list].reverse()) &&
          Math.abs(slopes[family] - sign * factor * value) <= factor * within
        );
      }),
    });
  };
  const overall = {
    affine: logLogSlope(
      of('affine').map(({ ratio }) => ratio),
      windows(of('affine')),
    ),
    relu: logLogSlope(
      of('relu').map(({ ratio }) => ratio),
      windows(of('relu')),
    ),
  };
  const departures = {
    affine: greatestDeparture(
      windows(of('affine')),
      of('affine').map(({ theory }) => theory),
    ),
    relu: greatestDeparture(
      windows(of('relu')),
      of('relu').map(({ theory }) => theory),
    ),
  };
  const linear = of('affine').filter((each) => each.linear !== undefined);
  const spread = (list: readonly number[]): number => Math.max(...list) / Math.min(...list);
  const floors = linear.map(({ linearLoss, lipschitz }) => linearLoss! / (lipschitz ** 2 / 3));
  return [
    moved('lipschitz', 2, 1, {
      id: 'grows-with-lipschitz',
      statement:
        'The learned inverse window grows with the Lipschitz constant of the tasks, as a power of it',
      paper: 'grows with L (window figures; exponent derived here)',
    }),
    moved('noise', 2, -1, {
      id: 'shrinks-with-noise',
      statement: 'The learned inverse window shrinks with the label noise, as a power of it',
      paper: 'falls with sigma (window figures; exponent derived here)',
    }),
    moved('context', 1, 1, {
      id: 'grows-with-context',
      statement: 'The learned inverse window grows with the number of context points, as a power of it',
      paper: 'grows with n (window figures; exponent derived here)',
    }),
    claim({
      id: 'exponent-in-bracket',
      statement:
        'Over all settings the exponent of n L^2 / sigma^2 lies in the bracket of the window theorem',
      paper: `between 1/(d+2) and 2/(d+2), that is ${round(1 / (dimension + 2))} and ${round(2 / (dimension + 2))} (Theorem on window scaling, as recalled)`,
      measured: `affine ${round(overall.affine)}, ReLU ${round(overall.relu)}`,
      criterion: 'both exponents in the bracket, to within the tolerance of 0.02 of a fit of few points',
      holds: Object.values(overall).every(
        (each) => each >= 1 / (dimension + 2) - 0.02 && each <= 2 / (dimension + 2) + 0.02,
      ),
    }),
    claim({
      id: 'only-the-ratio-matters',
      statement: 'Settings with the same n L^2 / sigma^2 learn the same window',
      paper: 'not reported; derived',
      measured: groups
        .map(({ family, list }) => `${family}: ${windows(list).map(round).join(', ')}`)
        .join('; '),
      criterion:
        'greatest over least at most 1.03 for every family at the smallest ratio, 1.05 at the largest, where the reference differs by 2.7 % itself',
      holds: groups.length > 0 && groups.every((group) => spread(windows(group.list)) <= allowed(group)),
    }),
    claim({
      id: 'equals-theory',
      statement: 'What is learned is the minimiser of the population loss, a multiple of the identity',
      paper: 'minimisers have M = w Sigma^-1 (as recalled)',
      measured: {
        'greatest departure, affine': departures.affine,
        'greatest departure, ReLU': departures.relu,
        'greatest anisotropy': Math.max(...learned.map(({ anisotropy }) => anisotropy)),
      },
      criterion: `w within 6 % (affine) and 8 % (ReLU) of the theory in every setting, anisotropy below ${options.anisotropy}`,
      holds:
        departures.affine <= 0.06 &&
        departures.relu <= 0.08 &&
        learned.every(({ anisotropy }) => anisotropy < options.anisotropy),
    }),
    claim({
      id: 'linear-does-not-adapt',
      statement:
        'Linear attention does not adapt: one matrix for every setting, and an error that stays above a constant times L^2',
      paper:
        'error of linear attention bounded below by a constant times L^2 (lower-bound theorem, as recalled)',
      measured: `trace / d of linear attention from ${formatNumber(Math.min(...linear.map((each) => each.linear!)))} to ${formatNumber(Math.max(...linear.map((each) => each.linear!)))}, softmax from ${formatNumber(Math.min(...windows(linear)))} to ${formatNumber(Math.max(...windows(linear)))}; least loss / (L^2 / 3) ${round(Math.min(...floors))}`,
      criterion:
        'greatest over least below 1.4 for linear attention and above 2 for softmax; the loss at least 0.9 L^2 / 3 in every setting',
      holds:
        spread(linear.map((each) => each.linear!)) < 1.4 &&
        spread(windows(linear)) > 2 &&
        floors.every((each) => each >= 0.9),
    }),
  ];
}

/** Settings of one family that share a ratio, to rounding. */
function sameRatio(learned: readonly Learned[]): { family: FamilyName; list: Learned[] }[] {
  const groups = new Map<string, { family: FamilyName; list: Learned[] }>();
  for (const each of learned) {
    const id = `${each.family} ${each.ratio.toFixed(3)}`;
    const group = groups.get(id) ?? { family: each.family, list: [] };
    group.list.push(each);
    groups.set(id, group);
  }
  return [...groups.values()].filter(({ list }) => list.length > 1);
}
