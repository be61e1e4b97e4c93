import {
  claim,
  defineExperiment,
  judgedClaims,
  lineFigure,
  repeat,
  summarize,
  type Judged,
  type Summary,
} from '@lab/experiment';
import { foldIn } from '@lab/tensor-core/random';
import {
  cappedRemasking,
  confidenceRemasking,
  firstHitting,
  flowCorrector,
  forwardBackward,
  lockedIn,
  remaskingLoop,
  rescaledRemasking,
} from '@lab/diffusion-core/discrete';
import { keywordGrammar } from '../shared/keyword-grammar';
import { plain, sizes } from '../shared/models';
import { disposeTrained, trainModels, type TrainingScale } from '../shared/train-models';
import { measure, noise, qualityOf, type Measured, type Sampler } from './measure';

export interface SamplersSettings {
  readonly seeds: number;
  readonly training: TrainingScale;
  readonly width: number;
  readonly sequences: number;
  /** Samples of each sampler and number of steps, of which the loop needs at least 20. */
  readonly batch: number;
  readonly steps: readonly number[];
  /** Steps of the other samplers, and of the two without a nucleus. */
  readonly otherSteps: readonly number[];
  readonly judged: Judged;
}

/** Shorter than in the experiment on likelihoods, so that a short training gets somewhere. */
const shape = { segments: 2, segmentLength: 6 };
const places = shape.segments * shape.segmentLength;
const locked = 'locked in';
const loop = 'remasking loop';

/** As in Table 3. */
const nucleus = 0.9;

/** Samplers by name. */
function samplersOf({ steps, otherSteps }: SamplersSettings): ReadonlyMap<string, Sampler> {
  const own = { steps, nucleus };
  const other = { steps: otherSteps, nucleus };
  const all = new Map<string, Sampler>([
    [locked, { solver: lockedIn(), ...own }],
    [loop, { solver: remaskingLoop(), ...own }],
    ['cap', { solver: cappedRemasking(), ...other }],
    ['rescale', { solver: rescaledRemasking(), ...other }],
    ['confidence', { solver: confidenceRemasking(), ...other }],
    ['forward-backward', { solver: forwardBackward(), ...other }],
    ['flow corrector', { solver: flowCorrector(), ...other }],
    ['first-hitting', { solver: firstHitting(), steps: otherSteps.length > 0 ? [places] : [], nucleus }],
    [`${locked}, all tokens`, { solver: lockedIn(), ...other, nucleus: 1 }],
    [`${loop}, all tokens`, { solver: remaskingLoop(), ...other, nucleus: 1 }],
  ]);
  const possible = ({ steps: numbers, ...sampler }: Sampler): Sampler => ({
    ...sampler,
    steps: numbers.filter((count) => count >= (sampler.solver.fewestSteps ?? 1)),
  });
  return new Map(
    [...all]
      .map(([name, sampler]) => [name, possible(sampler)] as const)
      .filter(([, sampler]) => sampler.steps.length > 0),
  );
}

/** Does taking tokens back help an imperfect model? */
export const samplers = defineExperiment<SamplersSettings>({
  id: 'samplers',
  paper: 'adlm',
  title: 'Remasking against locked-in tokens',
  summary:
    'A masked diffusion model that was trained too briefly draws from the language of keywords, with samplers that keep every token and samplers that take some back. ' +
    'Quality is the share of segments that the grammar can make and the perplexity under the grammar itself (in which one token of a hundred is any token), diversity the entropy of tokens and the share of different segments.',
  data: ['drawn here: sequences of two segments of six tokens'],
  scales: {
    tour: {
      seeds: 1,
      training: { steps: 500, batch: 48, learningRate: 8e-3, evaluateEvery: 500 },
      width: 32,
      sequences: 20_000,
      batch: 64,
      steps: [32, 128],
      otherSteps: [],
      judged: [],
    },
    quick: {
      seeds: 2,
      training: { steps: 500, batch: 48, learningRate: 8e-3, evaluateEvery: 500 },
      width: 32,
      sequences: 20_000,
      batch: 192,
      steps: [32, 128, 512],
      otherSteps: [8, 128],
      judged: 'all',
    },
    full: {
      seeds: 3,
      training: { steps: 500, batch: 48, learningRate: 8e-3, evaluateEvery: 500 },
      width: 32,
      sequences: 60_000,
      batch: 1024,
      steps: [32, 128, 512, 1024],
      otherSteps: [8, 32, 128, 512],
      judged: 'all',
    },
  },
  async run(context) {
    const { settings } = context;
    const language = keywordGrammar({ key: foldIn(context.key, 1000), ...shape });
    const own = sizes(language.vocabSize, settings.width);
    // Samplers are the same for every masked model; this one is past its plateau after the shortest training.
    const model = plain(own, 3);
    const solvers = samplersOf(settings);
    const data = qualityOf(language, language.sample(foldIn(context.key, 1001), 2000).data);
    const runs = await repeat(context, settings.seeds, async ({ key, progress }) => {
      const trained = await trainModels(new Map([['MDLM', model]]), {
        context: { signal: context.signal, progress },
        scale: settings.training,
        tokens: language.sample(foldIn(key, 0), settings.sequences),
        validation: language.sample(foldIn(key, 1), 64),
        samples: 2,
        key: foldIn(key, 2),
        span: [0, 0.4],
      });
      try {
        return await measure(trained[0]!, {
          language,
          solvers,
          batch: settings.batch,
          key: foldIn(key, 3),
          signal: context.signal,
          progress: (fraction, label) => {
            progress(0.4 + 0.6 * fraction, label);
          },
        });
      } finally {
        disposeTrained(trained);
      }
    });
    const over = (name: string, steps: number, pick: (found: Measured) => number): Summary =>
      summarize(runs.map((run) => pick(run.get(`${name} ${steps}`)!)));
    const [fewest, most] = [settings.steps[0]!, settings.steps.at(-1)!];
    const gain = (steps: number): number[] =>
      runs.map(
        (run) => run.get(`${loop} ${steps}`)!.grammatical - run.get(`${locked} ${steps}`)!.grammatical,
      );
    const relative = (name: string): number[] =>
      runs.map((run) => run.get(`${name} ${most}`)!.entropy / data.entropy);
    const entropies = relative(loop);
    return {
      claims: judgedClaims(
        [
          claim({
            id: 'remasking-is-better',
            statement: `With ${most} steps the remasking loop makes more grammatical segments than locked-in tokens`,
            paper: 'OpenWebText, 1000 steps: generative perplexity 26.8 against 32.5 (Table 2)',
            measured: { 'gain in share of segments': summarize(gain(most)) },
            criterion: 'more with every seed',
            holds: gain(most).every((each) => each > 0),
          }),
          claim({
            id: 'gain-grows-with-steps',
            statement: 'The gain grows with the number of steps',
            paper: 'MAUVE .140 at 128 steps, .788 at 2048 (Table 3)',
            measured: {
              [`gain, ${fewest} steps`]: summarize(gain(fewest)),
              [`gain, ${most} steps`]: summarize(gain(most)),
            },
            criterion: `the mean gain at ${most} steps is above that at ${fewest}`,
            holds: mean(gain(most)) > mean(gain(fewest)),
          }),
          claim({
            id: 'perplexity-is-lower',
            statement: `With ${most} steps the remasking loop's samples have a lower perplexity under the grammar`,
            paper: 'OpenWebText, 1000 steps: generative perplexity 26.8 against 32.5 (Table 2)',
            measured: {
              [loop]: over(loop, most, ({ perplexity }) => perplexity),
              [locked]: over(locked, most, ({ perplexity }) => perplexity),
              'the language itself': data.perplexity,
            },
            criterion: 'lower with every seed',
            holds: runs.every(
              (run) => run.get(`${loop} ${most}`)!.perplexity < run.get(`${locked} ${most}`)!.perplexity,
            ),
          }),
          claim({
            id: 'diversity-is-kept',
            statement: 'The remasking loop keeps the entropy of the data',
            paper: 'entropy 5.28 with 2048 steps, data 5.44 (Table 3)',
            measured: {
              'entropy over that of data': summarize(entropies),
              'locked in, with the same nucleus': summarize(relative(locked)),
            },
            criterion: 'within 5%',
            holds: entropies.every((each) => Math.abs(each - 1) <= 0.05),
          }),
        ],
        { judged: settings.judged, log: context.log },
      ),
      tables: [
        {
          id: 'samplers',
          title:
            'Samples of one model, drawn from the likeliest tokens of probability 0.9 together (Table 3) where not said otherwise',
          columns: [
            'sampler',
            'steps',
            'grammatical segments',
            'token entropy',
            'different segments',
            'perplexity under the grammar',
            'predictions a sample',
          ],
          rows: [
            [
              'data',
              '',
              data.grammatical,
              Number(data.entropy.toFixed(4)),
              Number(data.distinct.toFixed(4)),
              Number(data.perplexity.toFixed(3)),
              '',
            ],
            ...[...solvers].flatMap(([name, { steps: numbers }]) =>
              numbers.map((steps) => [
                name,
                steps,
                over(name, steps, ({ grammatical }) => grammatical),
                over(name, steps, ({ entropy }) => entropy),
                over(name, steps, ({ distinct }) => distinct),
                over(name, steps, ({ perplexity }) => perplexity),
                over(name, steps, ({ predictions }) => predictions),
              ]),
            ),
          ],
        },
      ],
      figures: [
        lineFigure({
          id: 'steps-quality',
          title: 'Steps against quality',
          caption: `Share of segments that the grammar can make, by number of steps; means over ${settings.seeds} seeds.`,
          series: [...solvers].map(([name, { steps: numbers }]) => ({
            name,
            x: numbers,
            y: numbers.map((steps) => over(name, steps, ({ grammatical }) => grammatical).mean),
          })),
          x: { title: 'steps', scale: 'log' },
          y: { title: 'grammatical segments', format: '.0%' },
        }),
      ],
      facts: {
        'training steps': settings.training.steps,
        'samples each': settings.batch,
        'noise of the judging grammar': noise,
      },
    };
  },
});

const mean = (values: readonly number[]): number =>
  values.reduce((sum, each) => sum + each, 0) / values.length;
