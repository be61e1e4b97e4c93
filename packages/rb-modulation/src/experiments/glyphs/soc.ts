import { barFigure, defineExperiment } from '@lab/experiment';
import { sample, type Control } from '@lab/diffusion-core';
import { engine, type Tensor } from '@lab/tensor-core';
import type { Key } from '@lab/tensor-core/random';
import { foldIn } from '@lab/tensor-core/random';
import { adaptiveStatistics, freeDom, mpgd } from '../../baselines';
import { descriptorCost, type DifferentiableCost } from '../../costs';
import { exactSocSample, proximalSoc } from '../../soc';
import { socClaims } from './soc-claims';
import {
  drawPairs,
  glyphWorld,
  imagesOf,
  lookUp,
  meanCosine,
  schedule,
  share,
  targetsOf,
  type GlyphPairs,
  type GlyphWorld,
} from './task';

export interface SocSettings {
  readonly pairs: number;
  /** Whether settings beside the paper's and rivals are run too. */
  readonly whole: boolean;
}

export interface SocScores {
  readonly name: string;
  /** Share of samples that show the digit that was asked for. */
  readonly prompt: number;
  /** Share that has the reference's style. */
  readonly style: number;
  /** Share that shows the reference's digit. */
  readonly leak: number;
  /** Share whose glyph stands where the reference's does. */
  readonly place: number;
  /** Mean distance to the nearest glyph. */
  readonly manifold: number;
  /** Mean cosine of style descriptors with the reference's. */
  readonly cosine: number;
}

export type SocTable = Readonly<Record<string, SocScores>>;

interface SocVariant {
  readonly id: string;
  readonly name: string;
  /** Asked for no digit. @default false */
  readonly open?: boolean;
  readonly control?: Control;
  /** Algorithm 1 with this step size. */
  readonly exact?: number;
}

const steps = 20;

/** The controller alone, on a flow that is exact. */
export const soc = defineExperiment<SocSettings>({
  id: 'soc',
  paper: 'rb-modulation',
  title: 'The controller on coloured glyphs',
  summary:
    'Glyphs (ten digits, eight styles, eight places) have an exact rectified flow, so that nothing is owed to training. Each ' +
    'sample shall show one digit in the style of a reference that shows another. Looking results up among all glyphs says whether ' +
    "the digit is right, whether the style is the reference's, and whether its digit or place leaked.",
  data: ['640 glyphs painted here, with normal noise of deviation 0.05'],
  scales: {
    tour: { pairs: 24, whole: false },
    quick: { pairs: 100, whole: true },
    full: { pairs: 400, whole: true },
  },
  async run({ settings, key, signal, progress }) {
    await engine();
    const world = glyphWorld();
    const pairs = drawPairs(foldIn(key, 0), settings.pairs, world);
    const style = descriptorCost([
      { descriptor: world.moments, target: await targetsOf(world, world.moments, pairs.style) },
    ]);
    const pixels = descriptorCost([
      { descriptor: world.pixels, target: await targetsOf(world, world.pixels, pairs.style) },
    ]);
    const variants = variantsOf({ world, pairs, style, pixels }).filter(
      ({ id }) => settings.whole || essential.has(id),
    );
    const scores: Record<string, SocScores> = {};
    for (const variant of variants) {
      scores[variant.id] = await score(variant, { world, pairs, style, key: foldIn(key, 1), signal });
      progress(Object.keys(scores).length / variants.length, variant.name);
    }
    const all = Object.values(scores);
    return {
      claims: socClaims(scores),
      tables: [
        {
          id: 'variants',
          title: 'One digit in the style of another',
          columns: ['variant', 'digit right', 'style', 'digit leaked', 'place leaked', 'distance', 'cosine'],
          rows: all.map((each) => [
            each.name,
            ...[each.prompt, each.style, each.leak, each.place].map((value) => value.toFixed(2)),
            each.manifold.toFixed(3),
            each.cosine.toFixed(3),
          ]),
        },
      ],
      figures: [
        barFigure({
          id: 'style',
          title: "How often the style is the reference's",
          caption: 'Share of samples whose nearest glyph has the style of the reference.',
          bars: all.map(({ name, style: value }) => ({ category: name, value })),
          value: { title: 'share', zero: true },
        }),
      ],
    };
  },
});

const essential = new Set([
  'none',
  'paper',
  'M1',
  'M10',
  'eta0.3',
  'recompute',
  'pixels',
  'pixels-open',
  'moments-open',
  'exact1',
  'gradient1',
]);

function variantsOf({
  world,
  pairs,
  style,
  pixels,
}: {
  world: GlyphWorld;
  pairs: GlyphPairs;
  style: DifferentiableCost;
  pixels: DifferentiableCost;
}): SocVariant[] {
  const ours = proximalSoc<Tensor>;
  return [
    { id: 'none', name: 'no control' },
    { id: 'paper', name: 'Algorithm 2: Adam, eta 0.1, M 3', control: ours(style) },
    { id: 'text1', name: 'with lambda 1', control: ours(style, { lambda: 1 }) },
    { id: 'text100', name: 'with lambda 100', control: ours(style, { lambda: 100 }) },
    { id: 'eta0.03', name: 'eta 0.03', control: ours(style, { eta: 0.03 }) },
    { id: 'eta0.3', name: 'eta 0.3', control: ours(style, { eta: 0.3 }) },
    { id: 'M1', name: 'M 1', control: ours(style, { steps: 1 }) },
    { id: 'M10', name: 'M 10', control: ours(style, { steps: 10 }) },
    { id: 'recompute', name: 'noise recomputed', control: ours(style, { noise: 'recompute' }) },
    {
      id: 'recompute0.3',
      name: 'noise recomputed, eta 0.3',
      control: ours(style, { noise: 'recompute', eta: 0.3 }),
    },
    { id: 'half', name: 'the first half of the steps', control: ours(style, { tau: steps / 2 }) },
    {
      id: 'half-recompute',
      name: 'the first half, noise recomputed',
      control: ours(style, { tau: steps / 2, noise: 'recompute' }),
    },
    ...[0.1, 1, 3].map((eta) => ({
      id: `gradient${eta}`,
      name: `gradient steps on the squared distance, eta ${eta}`,
      // Twice the gradient of 1 - cos for descriptors of length 1.
      control: ours(style, { preset: 'paper', eta: 2 * eta }),
    })),
    ...[0.1, 1, 3].map((eta) => ({ id: `exact${eta}`, name: `Algorithm 1, eta ${eta}`, exact: 2 * eta })),
    { id: 'pixels', name: 'pixels as descriptor', control: ours(pixels) },
    { id: 'pixels-open', name: 'pixels, no digit asked for', control: ours(pixels), open: true },
    { id: 'moments-open', name: 'moments, no digit asked for', control: ours(style), open: true },
    { id: 'mpgd', name: 'MPGD, eta 3', control: mpgd<Tensor>(style, { eta: 6 }) },
    { id: 'freedom', name: 'FreeDoM, weight 2', control: freeDom(style, { weight: 2 }) },
    {
      id: 'adain',
      name: 'mean and deviation of channels',
      control: adaptiveStatistics(imagesOf(world, pairs.style)),
    },
  ];
}

interface ScoreOptions {
  readonly world: GlyphWorld;
  readonly pairs: GlyphPairs;
  readonly style: DifferentiableCost;
  readonly key: Key;
  readonly signal: AbortSignal;
}

async function score(
  { name, control, exact, open = false }: SocVariant,
  { world, pairs, style, key, signal }: ScoreOptions,
): Promise<SocScores> {
  const { glyphs, denoiser, moments } = world;
  const sampling = {
    schedule,
    steps,
    shape: [pairs.style.length, 8, 8, 3],
    key,
    signal,
    ...(open ? {} : { condition: pairs.prompts }),
    ...(control && { controls: [control] }),
  };
  const { samples } =
    exact === undefined
      ? await sample(denoiser, sampling)
      : await exactSocSample(denoiser, { cost: style, eta: exact, sampling });
  try {
    const { found, manifold } = await lookUp(world, samples);
    const reference = (i: number) => glyphs[pairs.style[i]!]!;
    return {
      name,
      prompt: share(found, ({ digit }, i) => digit === pairs.prompts[i]),
      style: share(found, (each, i) => each.style === reference(i).style),
      leak: share(found, ({ digit }, i) => digit === reference(i).digit),
      place: share(found, ({ row, column }, i) => row === reference(i).row && column === reference(i).column),
      manifold,
      cosine: await meanCosine(moments, samples, await targetsOf(world, moments, pairs.style)),
    };
  } finally {
    samples.dispose();
  }
}
