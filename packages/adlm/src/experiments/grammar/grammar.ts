import {
  defineExperiment,
  judgedClaims,
  lineFigure,
  repeat,
  summarize,
  type Judged,
  type Summary,
} from '@lab/experiment';
import { engine } from '@lab/tensor-core';
import { foldIn } from '@lab/tensor-core/random';
import type { AnchoredParams } from '../../network/anchored-network';
import type { LanguageModel } from '../../model/types';
import { keywordGrammar } from '../shared/keyword-grammar';
import { anchored, baselines, plain, sizes } from '../shared/models';
import { disposeTrained, finalNll, nllAt, trainModels, type TrainingScale } from '../shared/train-models';
import { anchorAccuracy, anchorsDecided } from './anchor-accuracy';
import { grammarClaims, type GrammarRun } from './claims';

export interface GrammarSettings {
  readonly seeds: number;
  readonly training: TrainingScale;
  readonly width: number;
  /** Sequences to train on, and to measure with. */
  readonly sequences: number;
  readonly validation: number;
  /** The step at which the two anchored trainings are compared on the way. */
  readonly middle: number;
  /** Which models are trained beside the three that the claims compare. */
  readonly others: readonly ('baselines' | 'variants')[];
  readonly judged: Judged;
}

const training = { batch: 48, learningRate: 2e-3 };
const threshold = 2;

/** Does supervising the rare tokens help, where rare tokens decide all others? */
export const grammar = defineExperiment<GrammarSettings>({
  id: 'grammar',
  paper: 'adlm',
  title: 'Anchors in a language of keywords',
  summary:
    'A language whose entropy is known: a few rare keywords decide all other words. The two-stage network is trained with and without the anchor ' +
    'loss, beside MDLM, AR, SEDD and D3PM as deep as its first stage, on the same batches. Measured are the likelihood bound on new sequences while ' +
    'training, and what the anchor network knows of masked keywords.',
  data: ['drawn here: sequences of four segments of eight tokens'],
  scales: {
    tour: {
      seeds: 1,
      training: { ...training, steps: 100, batch: 24, evaluateEvery: 50 },
      width: 32,
      sequences: 4000,
      validation: 64,
      middle: 50,
      others: [],
      judged: ['no-bound-below-the-entropy'],
    },
    quick: {
      seeds: 2,
      training: { steps: 400, batch: 24, learningRate: 4e-3, evaluateEvery: 200 },
      width: 32,
      sequences: 20_000,
      validation: 256,
      middle: 200,
      others: ['baselines'],
      judged: 'all',
    },
    full: {
      seeds: 3,
      training: { ...training, steps: 1200, evaluateEvery: 100 },
      width: 64,
      sequences: 60_000,
      validation: 1024,
      middle: 800,
      others: ['baselines', 'variants'],
      judged: 'all',
    },
  },
  async run(context) {
    const { settings } = context;
    await engine();
    const language = keywordGrammar({ key: foldIn(context.key, 1000) });
    // Other successors, and fewer function words: what a model has learnt of leaves holds here too.
    const other = keywordGrammar({ key: foldIn(context.key, 1001), functionRate: 0.3 });
    const own = sizes(language.vocabSize, settings.width);
    const [without, withLoss] = [
      anchored(own, { blocks: 4, threshold, gamma: 0 }),
      anchored(own, { blocks: 4, threshold, gamma: 3e-3 }),
    ];
    const models = new Map<string, LanguageModel<object>>([
      ['MDLM, 4 blocks', plain(own, 4)],
      ['ADLM, no anchor loss', without],
      ['ADLM', withLoss],
      ...(settings.others.includes('baselines') ? baselines(own, 4) : []),
      ...(settings.others.includes('variants')
        ? ([
            ['MDLM, 6 blocks', plain(own, 6)],
            ['ADLM, gamma 0.03', anchored(own, { blocks: 4, threshold, gamma: 3e-2 })],
            [
              'ADLM, gamma 0.03, masked',
              anchored(own, { blocks: 4, threshold, gamma: 3e-2, anchorPositions: 'masked' }),
            ],
          ] as unknown as [string, LanguageModel<object>][])
        : []),
    ]);
    const decidedSteps = 32;
    const runs = await repeat(context, settings.seeds, async ({ key, progress }): Promise<GrammarRun> => {
      const trained = await trainModels(models, {
        context: { signal: context.signal, progress },
        scale: settings.training,
        tokens: language.sample(foldIn(key, 0), settings.sequences),
        validation: language.sample(foldIn(key, 1), settings.validation),
        samples: 2,
        key: foldIn(key, 2),
        span: [0, 0.95],
      });
      try {
        const tokens = language.sample(foldIn(key, 3), 128);
        const accuracies = [];
        for (const [at, model] of [without, withLoss].entries()) {
          const params = trained[at + 1]!.params as AnchoredParams;
          accuracies.push(
            await anchorAccuracy(model, params, { grammar: language, tokens, key: foldIn(key, 4) }),
          );
        }
        const decided = await anchorsDecided(withLoss, trained[2]!.params as AnchoredParams, {
          grammar: language,
          steps: decidedSteps,
          batch: 16,
          key: foldIn(key, 5),
        });
        const elsewhere = other.sample(foldIn(key, 6), settings.validation);
        const novel: number[] = [];
        for (const { model, params } of trained)
          novel.push(
            (
              await model.likelihood(params, elsewhere, {
                key: foldIn(key, 7),
                samples: 2,
                signal: context.signal,
              })
            ).nllPerToken,
          );
        return {
          decided,
          accuracies: { without: accuracies[0]!, with: accuracies[1]! },
          methods: trained.map((each, at) => ({
            novel: novel[at]!,
            name: each.name,
            curve: each.curve,
            middle: nllAt(each, settings.middle),
            final: finalNll(each),
            standardError: each.standardError,
          })),
        };
      } finally {
        disposeTrained(trained);
      }
    });

    const optimum = language.entropy / language.length;
    const over = (pick: (run: GrammarRun) => number): Summary => summarize(runs.map(pick));
    const curves = [...models.keys()].map((name, at) => {
      const steps = runs[0]!.methods[at]!.curve.map(({ step }) => step);
      return { name, x: steps, y: steps.map((_, i) => over((run) => run.methods[at]!.curve[i]!.nll).mean) };
    });
    return {
      claims: judgedClaims(grammarClaims(runs, { optimum, ...settings }), {
        judged: settings.judged,
        log: context.log,
      }),
      tables: [
        {
          id: 'likelihood',
          title: `Nats a token on new sequences; no model can go below ${optimum.toFixed(4)}`,
          columns: ['model', 'weights', `step ${settings.middle}`, 'end', 'another language'],
          rows: [...models].map(([name, model], at) => [
            name,
            model.size,
            over((run) => run.methods[at]!.middle),
            over((run) => run.methods[at]!.final),
            over((run) => run.methods[at]!.novel),
          ]),
        },
        {
          id: 'anchor-accuracy',
          title: 'Masked tokens that the anchor network guesses right, half of all masked',
          columns: ['training', 'keywords', 'leaves', 'function words'],
          rows: (['without', 'with'] as const).map((which) => [
            `${which} anchor loss`,
            ...(['keywords', 'leaves', 'functions'] as const).map((kind) =>
              over((run) => run.accuracies[which][kind]),
            ),
          ]),
        },
      ],
      figures: [
        lineFigure({
          id: 'training-curves',
          title: 'The bound while training',
          caption: `Nats a token on new sequences, means over ${settings.seeds} seeds; the entropy of the language is ${optimum.toFixed(3)}.`,
          series: curves,
          x: { title: 'steps' },
          y: { title: 'nats a token' },
        }),
        lineFigure({
          id: 'decided-first',
          title: 'What the anchor network decides first',
          caption:
            'Share of the tokens of a kind on whose final value the anchor network has settled, by step of the sampler, which unmasks at random.',
          series: (['keywords', 'leaves', 'functions'] as const).map((kind) => ({
            name: kind,
            x: Array.from({ length: decidedSteps }, (_, step) => step + 1),
            y: Array.from(
              { length: decidedSteps },
              (_, step) => over((run) => run.decided[step]![kind]).mean,
            ),
          })),
          x: { title: 'step' },
          y: { title: 'decided', format: '.0%', zero: true },
          points: false,
        }),
      ],
      facts: { steps: settings.training.steps, seeds: settings.seeds, 'entropy, nats a token': optimum },
    };
  },
});
