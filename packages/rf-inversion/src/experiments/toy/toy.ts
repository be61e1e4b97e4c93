import { claim, defineExperiment } from '@lab/experiment';
import { float64Space, gaussianDenoiser, rectifiedFlowSchedule } from '@lab/diffusion-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, normal, type Key } from '@lab/tensor-core/random';
import { ouInversion } from '../../baselines';
import { editFlow } from '../../edit-flow';
import { invertFlow, type Inversion } from '../../invert-flow';
import { controlledNoising } from '../../sde/controlled-noising';
import { normalLaws } from './normal-laws';

export interface ToySettings {
  readonly repeats: number;
}

const [mu, size, steps] = [10, 10, 100];
const schedule = rectifiedFlowSchedule();

interface Row {
  readonly name: string;
  readonly paper: readonly [l2: string, l1: string];
  readonly l2: number;
  readonly l1: number;
}

/** The paper's Table 5, and what its Theorems 3.4 and 3.5 say of the laws of ODE and SDE. */
export const toy = defineExperiment<ToySettings>({
  id: 'toy',
  paper: 'rf-inversion',
  title: 'Reconstruction of normal data (Table 5)',
  summary:
    'Ten numbers from N(10, 1) are inverted to noise and reconstructed with the exact flow in 100 steps, by ODE and by SDE, with ' +
    'and without control, beside an Ornstein-Uhlenbeck diffusion model. Then the laws that ODE (8) and SDE (10), which Theorem 3.4 ' +
    'calls equal, give a normal start are computed and compared.',
  data: ['drawn here: N(10, 1)'],
  scales: { tour: { repeats: 40 }, quick: { repeats: 400 }, full: { repeats: 4000 } },
  async run({ settings: { repeats }, key, progress, signal }) {
    const shape = [repeats, size];
    const image = { shape, data: Float64Array.from(normal(foldIn(key, 0), shape), (each) => mu + each) };
    const target = { shape, data: Float64Array.from(normal(foldIn(key, 1), shape)) };
    const rows = await tableFive({ image, target, key: foldIn(key, 2), signal }, progress);
    const laws = await normalLaws();
    const l2 = (name: string): number => rows.find((row) => row.name === name)!.l2;
    const gaps = laws.filter(({ gamma }) => gamma > 0 && gamma < 1).map(({ gap }) => gap);
    const ends = laws.filter(({ gamma }) => gamma === 0 || gamma === 1).map(({ gap }) => gap);
    return {
      claims: [
        claim({
          id: 'flow-inverts-better',
          statement: 'A rectified flow is inverted with a smaller error than a diffusion model',
          paper: 'Table 5: L2 0.092 to 6.024',
          measured: { 'RF ODE': l2('gamma 0, eta 0, ODE'), DDIM: l2('DDIM') },
          criterion: 'RF below 0.15, DDIM above it',
          holds: l2('gamma 0, eta 0, ODE') < 0.15 && l2('DDIM') > 0.15,
        }),
        claim({
          id: 'control-tames-sde',
          statement: 'Without control the SDE forgets the data; with control it reconstructs them',
          paper: 'Table 5: L2 3.564 without, 0.269 with',
          measured: { without: l2('gamma 0, eta 0, SDE'), with: l2('gamma 0.5, eta 0.5, SDE') },
          criterion: 'with control below 0.5, without above 2',
          holds: l2('gamma 0.5, eta 0.5, SDE') < 0.5 && l2('gamma 0, eta 0, SDE') > 2,
        }),
        claim({
          id: 'gamma-alone-forgets',
          statement: 'Guidance to fresh noise without guidance back loses the data',
          paper: 'Table 5: L2 4.777',
          measured: l2('gamma 0.5, eta 0, ODE'),
          criterion: 'between 2 and 8',
          holds: (distance) => distance > 2 && distance < 8,
        }),
        claim({
          id: 'plain-ode-is-best',
          statement: 'Among the ODEs, gamma = eta = 0 reconstructs best',
          paper: 'Table 5: 0.092 to 1.219 (eta 0.5) and 0.628 (gamma and eta 0.5)',
          measured: { 'eta 0': l2('gamma 0, eta 0, ODE'), 'eta 0.5': l2('gamma 0, eta 0.5, ODE') },
          criterion: 'smaller L2 at eta 0 than at eta 0.5',
          holds: l2('gamma 0, eta 0, ODE') < l2('gamma 0, eta 0.5, ODE'),
        }),
        claim({
          id: 'same-law-inside',
          statement: 'ODE (8) and SDE (10) have one law for every gamma',
          paper: 'Theorem 3.4',
          measured: `greatest difference of mean or variance at gamma 0.25, 0.5, 0.75: ${Math.max(...gaps).toFixed(3)}`,
          criterion: 'at most 0.01 at each of the three',
          holds: gaps.every((gap) => gap <= 0.01),
        }),
        claim({
          id: 'same-law-ends',
          statement: 'ODE (8) and SDE (10) have one law at gamma 0 and 1',
          paper: 'Theorem 3.4',
          measured: `greatest difference of mean or variance: ${Math.max(...ends).toExponential(1)}`,
          criterion: 'at most 0.001',
          holds: ends.every((gap) => gap <= 1e-3),
        }),
      ],
      tables: [
        {
          id: 'table-5',
          title: 'Reconstruction of ten numbers from N(10, 1)',
          columns: ['method', 'L2, paper', 'L2', 'L1, paper', 'L1'],
          rows: rows.map(({ name, paper, l2: two, l1 }) => [
            name,
            paper[0],
            two.toFixed(3),
            paper[1],
            l1.toFixed(3),
          ]),
          note: 'The control is kept on to the end of time; the paper does not say where it stops.',
        },
        {
          id: 'laws',
          title: 'Mean and variance at time 0.9 from N(2, 0.25), led to 1',
          columns: ['gamma', 'ODE mean', 'SDE mean', 'ODE variance', 'SDE variance'],
          rows: laws.map(({ gamma, ode, sde }) => [
            gamma,
            ...[ode[0], sde[0], ode[1], sde[1]].map((each) => each.toFixed(4)),
          ]),
        },
      ],
      figures: [],
    };
  },
});

async function tableFive(
  { image, target, key, signal }: { image: Array64; target: Array64; key: Key; signal: AbortSignal },
  progress: (done: number, label: string) => void,
): Promise<Row[]> {
  const denoiser = gaussianDenoiser({ mean: new Float64Array(size).fill(mu), covariance: 1, schedule });
  const score = (x: Array64, t: number): Array64 => ({
    shape: x.shape,
    data: x.data.map((y) => Math.exp(-t) * mu - y),
  });
  const ou = ouInversion(image, { score, space: float64Space, horizon: 10, steps });
  const rows: Row[] = [{ name: 'DDIM', paper: ['6.024', '19.038'], ...errors(ou.image, image) }];
  const cases: [gamma: number, eta: number, kind: 'ODE' | 'SDE', paper: [string, string]][] = [
    [0, 0, 'ODE', ['0.092', '0.20']],
    [0, 0, 'SDE', ['3.564', '8.795']],
    [0.5, 0, 'ODE', ['4.777', '11.628']],
    [0, 0.5, 'ODE', ['1.219', '3.074']],
    [0.5, 0.5, 'ODE', ['0.628', '1.643']],
    [0.5, 0.5, 'SDE', ['0.269', '0.694']],
    [1, 1, 'SDE', ['0.003', '0.010']],
  ];
  for (const [i, [gamma, eta, kind, paper]] of cases.entries()) {
    const inversion =
      kind === 'ODE'
        ? await invertFlow(denoiser, image, { steps, gamma, target, signal })
        : noised({ image, target, gamma, key });
    const stochastic = kind === 'SDE' ? ({ sdeVariant: 'paper', key: foldIn(key, i) } as const) : {};
    const { image: back } = await editFlow(denoiser, inversion, { eta, signal, ...stochastic });
    rows.push({ name: `gamma ${gamma}, eta ${eta}, ${kind}`, paper, ...errors(back, image) });
    progress((i + 1) / cases.length, kind);
  }
  return rows;
}

/** The noise that SDE (10) ends in, as an inversion. */
function noised({
  image,
  target,
  gamma,
  key,
}: {
  image: Array64;
  target: Array64;
  gamma: number;
  key: Key;
}): Inversion<Array64> {
  const noise = controlledNoising(float64Space, image, { to: 1, gamma, target, key: foldIn(key, 100) });
  const times = schedule.times(steps);
  return {
    noise,
    image,
    target,
    times,
    startStep: 0,
    gamma: [gamma],
    modelCalls: 0,
    seconds: 0,
    dispose: () => undefined,
  };
}

/** Mean over the repeats of both norms of the error of ten numbers. */
function errors(back: Array64, image: Array64): { l2: number; l1: number } {
  const repeats = image.shape[0]!;
  let [l2, l1] = [0, 0];
  for (let r = 0; r < repeats; r++) {
    const differences = Array.from(
      { length: size },
      (_, i) => back.data[r * size + i]! - image.data[r * size + i]!,
    );
    l2 += Math.hypot(...differences) / repeats;
    l1 += differences.reduce((sum, each) => sum + Math.abs(each), 0) / repeats;
  }
  return { l2, l1 };
}
