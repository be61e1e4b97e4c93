import { barFigure, defineExperiment, judgedClaims, type Judged } from '@lab/experiment';
import { glyphSize, nearestGlyph } from '@lab/datasets';
import { sample } from '@lab/diffusion-core';
import { engine, type Tensor } from '@lab/tensor-core';
import { foldIn, type Key } from '@lab/tensor-core/random';
import { descriptorCost } from '../../costs';
import { proximalSoc } from '../../soc';
import { meanCosine, share } from '../glyphs/task';
import { attentionClaims, type AttentionScores } from './claims';
import { templates, type GlyphClass } from './glyph-data';
import { drawTask, type Task } from './task';
import { schedule, trainWorld, type TrainedWorld, type TrainingSize } from './train';
import { essential, variants, type AttentionVariant } from './variants';

interface AttentionSettings extends TrainingSize {
  readonly pairs: number;
  readonly whole: boolean;
  /** Claims that the training is long enough to test. */
  readonly judged: Judged;
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
        claims: judgedClaims(attentionClaims(scores), { judged: settings.judged, log }),
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
