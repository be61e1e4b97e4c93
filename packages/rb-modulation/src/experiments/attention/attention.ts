import { barFigure, claim, defineExperiment, judgedClaims, type Claim, type Judged } from '@lab/experiment';
import { glyphSize, nearestGlyph } from '@lab/datasets';
import { sample } from '@lab/diffusion-core';
import { engine, tf, type Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, randint, type Key } from '@lab/tensor-core/random';
import { descriptorCost } from '../../costs';
import { describe } from '../../descriptors';
import { proximalSoc } from '../../soc';
import { meanCosine, share } from '../glyphs/task';
import { digits, noisyGlyphs, styles, templates, type GlyphClass, type NoisyGlyphs } from './glyph-data';
import { schedule, trainWorld, type TrainedWorld, type TrainingSize } from './train';
import { essential, variants, type AttentionVariant } from './variants';

interface AttentionSettings extends TrainingSize {
  readonly pairs: number;
  readonly whole: boolean;
  /** Claims that the training is long enough to test. */
  readonly judged: Judged;
}

interface AttentionScores {
  readonly name: string;
  readonly prompt: number;
  readonly style: number;
  readonly leak: number;
  readonly cosine: number;
  readonly judged: number;
}

/** Attention feature aggregation, with a network trained here. */
export const attentionExperiment = defineExperiment<AttentionSettings>({
  id: 'attention',
  paper: 'rb-modulation',
  title: 'Attention feature aggregation in a trained network',
  summary:
    'A small diffusion transformer learns glyphs from a digit and from the embedding of an image, each as tokens beside the ' +
    "image's own. At test time it is asked for one digit in the style of a reference that shows another: by the controller, by " +
    "concatenated tokens, by AFA as printed and as released, and by both together. The embedding holds content and style, as CLIP's.",
  data: ['forty glyphs painted here, with noise'],
  scales: {
    tour: { images: 1000, encoderSteps: 60, steps: 60, batch: 16, pairs: 16, whole: false, judged: [] },
    quick: {
      images: 6000,
      encoderSteps: 250,
      steps: 1800,
      batch: 48,
      pairs: 100,
      whole: true,
      judged: 'all',
    },
    full: {
      images: 20_000,
      encoderSteps: 2000,
      steps: 12_000,
      batch: 128,
      pairs: 400,
      whole: true,
      judged: 'all',
    },
  },
  async run({ settings, key, signal, progress, log }) {
    await engine();
    const world = await trainWorld(settings, {
      key: foldIn(key, 0),
      signal,
      onStep: (done) => progress(0.7 * done, 'training'),
    });
    try {
      const task = await drawTask(world, foldIn(key, 1), settings.pairs);
      const chosen = variants.filter(({ id }) => settings.whole || essential.has(id));
      const scores: Record<string, AttentionScores> = {};
      for (const variant of chosen) {
        scores[variant.id] = await score(variant, { world, task, key: foldIn(key, 2), signal });
        progress(0.7 + (0.3 * Object.keys(scores).length) / chosen.length, variant.name);
      }
      const all = Object.values(scores);
      return {
        claims: judgedClaims(claims(scores), { judged: settings.judged, log }),
        tables: [
          {
            id: 'variants',
            title: 'One digit in the style of a reference that shows another',
            columns: ['variant', 'digit right', 'style', 'digit leaked', 'cosine', 'cosine by a judge'],
            rows: all.map(({ name, prompt, style, leak, cosine, judged }) => [
              name,
              ...[prompt, style, leak, cosine, judged].map((value) => value.toFixed(2)),
            ]),
          },
        ],
        figures: [
          barFigure({
            id: 'leak',
            title: 'How often the digit of the reference leaks',
            caption:
              'Share of samples that show the digit of the style reference instead of the one asked for.',
            bars: all.map(({ name, leak: value }) => ({ category: name, value })),
            value: { title: 'share', zero: true },
          }),
        ],
        facts: {
          'training loss, last tenth': world.loss.toFixed(4),
          'training seconds': Math.round(world.seconds),
          'loss of the encoder': world.encoder.loss.toFixed(3),
        },
      };
    } finally {
      world.dispose();
    }
  },
});

interface Task {
  readonly references: NoisyGlyphs;
  readonly prompts: readonly number[];
  /** [n, 64] of the references. */
  readonly features: Array64;
  /** [n, 64] means over all digits of each reference's style. */
  readonly styleFeatures: Array64;
  /** [n, 32] style descriptors, of the encoder and of the judge. */
  readonly target: Array64;
  readonly judged: Array64;
}

async function drawTask(world: TrainedWorld, key: Key, count: number): Promise<Task> {
  const references = noisyGlyphs(foldIn(key, 0), count);
  const turns = randint(foldIn(key, 1), count, { low: 1, high: digits.length });
  const all = templates();
  const [features, ofAll] = [await world.features(references.images), await world.features(all.images)];
  const styleMeans = new Float64Array(styles * 64);
  ofAll.data.forEach((value, at) => {
    styleMeans[all.classes[Math.floor(at / 64)]!.style * 64 + (at % 64)]! += value / digits.length;
  });
  const images = tf.tensor(Float32Array.from(references.images.data), [...references.images.shape]);
  try {
    return {
      references,
      prompts: references.classes.map(({ digit }, i) => (digit + turns[i]!) % digits.length),
      features,
      styleFeatures: {
        shape: [count, 64],
        data: Float64Array.from(
          { length: count * 64 },
          (_, at) => styleMeans[references.classes[Math.floor(at / 64)]!.style * 64 + (at % 64)]!,
        ),
      },
      target: await describe(world.encoder.style, images),
      judged: await describe(world.judge.style, images),
    };
  } finally {
    images.dispose();
  }
}

interface ScoreOptions {
  readonly world: TrainedWorld;
  readonly task: Task;
  readonly key: Key;
  readonly signal: AbortSignal;
}

async function score(
  variant: AttentionVariant,
  { world, task, key, signal }: ScoreOptions,
): Promise<AttentionScores> {
  const {
    name,
    prompted,
    eta,
    inner = 3,
    noise = 'keep',
    optimizer = 'adam',
    strength = 1,
    styleOnly = false,
  } = variant;
  const embedding = styleOnly ? task.styleFeatures : task.features;
  const features = { ...embedding, data: embedding.data.map((value) => strength * value) };
  const cost = descriptorCost([{ descriptor: world.encoder.style, target: task.target }]);
  const etaDecay = optimizer === 'adam' ? 'linear' : 'none';
  const controls =
    eta === undefined ? [] : [proximalSoc(cost, { eta, steps: inner, noise, optimizer, etaDecay })];
  const { samples } = await sample(world.denoiser(prompted ? variant.attend : undefined), {
    schedule,
    steps: 20,
    shape: [task.prompts.length, 8, 8, 3],
    key,
    signal,
    condition: { digits: task.prompts, features: prompted ? features : undefined },
    controls,
  });
  try {
    const found = await nearestTemplates(samples);
    const { classes } = task.references;
    return {
      name,
      prompt: share(found, ({ digit }, i) => digit === task.prompts[i]),
      style: share(found, ({ style }, i) => style === classes[i]!.style),
      leak: share(found, ({ digit }, i) => digit === classes[i]!.digit),
      cosine: await meanCosine(world.encoder.style, samples, task.target),
      judged: await meanCosine(world.judge.style, samples, task.judged),
    };
  } finally {
    samples.dispose();
  }
}

async function nearestTemplates(samples: Tensor): Promise<GlyphClass[]> {
  const data = Float64Array.from(await samples.data());
  const { images, classes } = templates();
  return Array.from(
    { length: samples.shape[0] },
    (_, i) => classes[nearestGlyph(data, i * glyphSize, images.data).index]!,
  );
}

/** Rules fixed by the specification before the first run. */
function claims(scores: Readonly<Record<string, AttentionScores>>): Claim[] {
  const of = (id: string): AttentionScores => scores[id]!;
  const both = of('official-soc0.03');
  return [
    claim({
      id: 'controller-alone',
      statement: 'The controller alone brings the style without the content, in a trained network too',
      paper: 'Figure 10: SOC alone',
      measured: { 'style, base': of('base').style, style: of('soc').style, leak: of('soc').leak },
      criterion: 'style below 0.25 without, above 0.7 with it, leak below 0.05',
      holds: of('base').style < 0.25 && of('soc').style > 0.7 && of('soc').leak < 0.05,
    }),
    claim({
      id: 'large-steps-leak',
      statement: "A larger step leaks the reference's content through the learned descriptor",
      paper: 'Section 6: eta above 0.1 leaks content of the style image',
      measured: of('soc0.3').leak,
      criterion: 'leak above 0.25 at eta 0.3',
      holds: (leak) => leak > 0.25,
    }),
    claim({
      id: 'direct-concat-leaks',
      statement: "Concatenating the reference's tokens leaks its content",
      paper: 'Figure 10: DirectConcat has the highest similarity and the worst reward',
      measured: of('concat').leak,
      criterion: 'leak above 0.3',
      holds: (leak) => leak > 0.3,
    }),
    claim({
      id: 'afa-separates',
      statement: 'AFA, as released, gives the style and keeps the content out',
      paper: 'Section 4.2, Figure 10',
      measured: { style: of('official').style, leak: of('official').leak },
      criterion: 'style above 0.85, leak below 0.1',
      holds: ({ style, leak }) => style > 0.85 && leak < 0.1,
    }),
    claim({
      id: 'pooling-decides',
      statement: 'What keeps the content out is that the style tokens are replaced by their mean',
      paper: 'not in the paper; the released code does it',
      measured: of('official-unpooled').leak,
      criterion: 'leak above 0.2 without',
      holds: (leak) => leak > 0.2,
    }),
    claim({
      id: 'both-are-best',
      statement: 'AFA with a weak controller has prompt and style at once',
      paper: 'Figure 10: AFA and SOC together are best',
      measured: { prompt: both.prompt, style: both.style, leak: both.leak },
      criterion: 'prompt and style above 0.95, leak below 0.05',
      holds: ({ prompt, style, leak }) => prompt > 0.95 && style > 0.95 && leak < 0.05,
    }),
  ];
}
