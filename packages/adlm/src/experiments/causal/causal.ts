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
import { foldIn, randint, type Key } from '@lab/tensor-core/random';
import { frequencyAnchors } from '../../anchors/frequency-anchors';
import { a2r } from '../../autoregressive/a2r';
import { autoregressive } from '../../autoregressive/autoregressive';
import type { CausalLanguageModel } from '../../autoregressive/causal-model';
import { lastStates, mauve } from '../../metrics';
import type { AnyLanguageModel, LanguageModel } from '../../model/types';
import { keywordGrammar, type KeywordGrammar } from '../shared/keyword-grammar';
import { sizes } from '../shared/models';
import {
  disposeTrained,
  finalNll,
  trainModels,
  type Trained,
  type TrainingScale,
} from '../shared/train-models';
import { causalClaims, type CausalRun } from './claims';

export interface CausalSettings {
  readonly seeds: number;
  readonly training: TrainingScale;
  readonly width: number;
  readonly sequences: number;
  readonly validation: number;
  /** Sequences of each kind that MAUVE compares. */
  readonly compared: number;
  readonly judged: Judged;
}

const threshold = 2;

/** Do anchors help a model that writes from left to right? */
export const causal = defineExperiment<CausalSettings>({
  id: 'causal',
  paper: 'adlm',
  title: 'Anchors in autoregressive models',
  summary:
    'The language of keywords again, written from left to right: one network of four blocks and one of six, beside a network of four blocks ' +
    'whose logits a network of two reads (A2R), with and without anchor loss. Their likelihoods are exact. By the states of the smaller one, ' +
    'MAUVE is to put new data before the samples of a model, and those before chance.',
  data: ['drawn here: sequences of four segments of eight tokens'],
  scales: {
    tour: {
      seeds: 1,
      training: { steps: 60, batch: 24, learningRate: 4e-3, evaluateEvery: 30 },
      width: 32,
      sequences: 4000,
      validation: 64,
      compared: 100,
      judged: ['ar-not-below-the-entropy', 'mauve-orders'],
    },
    quick: {
      seeds: 2,
      training: { steps: 200, batch: 24, learningRate: 4e-3, evaluateEvery: 100 },
      width: 32,
      sequences: 20_000,
      validation: 512,
      compared: 400,
      judged: 'all',
    },
    full: {
      seeds: 3,
      training: { steps: 2000, batch: 48, learningRate: 2e-3, evaluateEvery: 200 },
      width: 64,
      sequences: 60_000,
      validation: 2048,
      compared: 1000,
      judged: 'all',
    },
  },
  async run(context) {
    const { settings } = context;
    await engine();
    const language = keywordGrammar({ key: foldIn(context.key, 1000) });
    const { conditionWidth: _, ...own } = sizes(language.vocabSize, settings.width);
    const anchors = frequencyAnchors({ threshold });
    const small = autoregressive({ ...own, blocks: 4 }) as AnyLanguageModel;
    const models = new Map<string, LanguageModel<object>>([
      ['AR, 4 blocks', small],
      ['AR, 6 blocks', autoregressive({ ...own, blocks: 6 })],
      ['A2R, no anchor loss', a2r({ ...own, blocks: 4, anchors, gamma: 0 })],
      ['A2R', a2r({ ...own, blocks: 4, anchors })],
    ]);
    const runs = await repeat(context, settings.seeds, async ({ key, progress }): Promise<CausalRun> => {
      const trained = await trainModels(models, {
        context: { signal: context.signal, progress },
        scale: settings.training,
        tokens: language.sample(foldIn(key, 0), settings.sequences),
        validation: language.sample(foldIn(key, 1), settings.validation),
        samples: 1,
        key: foldIn(key, 2),
        span: [0, 0.9],
      });
      try {
        const mauves = await compared(trained[0]!, { language, settings, key: foldIn(key, 3) });
        return {
          ...mauves,
          methods: trained.map((each) => ({
            name: each.name,
            curve: each.curve,
            nll: finalNll(each),
            standardError: each.standardError,
          })),
        };
      } finally {
        disposeTrained(trained);
      }
    });
    const optimum = language.entropy / language.length;
    const over = (pick: (run: CausalRun) => number): Summary => summarize(runs.map(pick));
    return {
      claims: judgedClaims(causalClaims(runs, { optimum }), { judged: settings.judged, log: context.log }),
      tables: [
        {
          id: 'likelihood',
          title: `Nats a token on new sequences, exact; no model can go below ${optimum.toFixed(4)}`,
          columns: ['model', 'weights', 'end'],
          rows: [...models].map(([name, { size }], at) => [name, size, over((run) => run.methods[at]!.nll)]),
        },
        {
          id: 'mauve',
          title: `MAUVE against data, ${settings.compared} sequences each, by the states of AR with 4 blocks`,
          columns: ['sequences', 'MAUVE (star)'],
          rows: [
            ['new data', over((run) => run.data)],
            ['samples of AR, 4 blocks', over((run) => run.samples)],
            ['tokens by chance', over((run) => run.chance)],
          ],
        },
      ],
      figures: [
        lineFigure({
          id: 'training-curves',
          title: 'The likelihood while training',
          caption: `Nats a token on new sequences, means over ${settings.seeds} seeds; the entropy of the language is ${optimum.toFixed(3)}.`,
          series: [...models.keys()].map((name, at) => {
            const steps = runs[0]!.methods[at]!.curve.map(({ step }) => step);
            return {
              name,
              x: steps,
              y: steps.map((_, i) => over((run) => run.methods[at]!.curve[i]!.nll).mean),
            };
          }),
          x: { title: 'steps' },
          y: { title: 'nats a token' },
        }),
      ],
      facts: { steps: settings.training.steps, seeds: settings.seeds, 'entropy, nats a token': optimum },
    };
  },
});

interface ComparedOptions {
  readonly language: KeywordGrammar;
  readonly settings: CausalSettings;
  readonly key: Key;
}

/** MAUVE of data against other data, against a model's samples, and against tokens drawn by chance. */
async function compared(
  { model, params }: Trained,
  { language, settings, key }: ComparedOptions,
): Promise<Pick<CausalRun, 'data' | 'samples' | 'chance'>> {
  const evaluator = model as unknown as CausalLanguageModel<object>;
  const shape = [settings.compared, language.length];
  const { samples } = await model.sample(params, { shape, key: foldIn(key, 0) });
  const chance = randint(foldIn(key, 1), settings.compared * language.length, { high: language.maskId });
  const features = async (data: Int32Array) => lastStates(evaluator, params, { shape, data });
  const truth = await features(language.sample(foldIn(key, 2), settings.compared).data);
  const against = async (data: Int32Array): Promise<number> =>
    mauve(truth, await features(data), { key: foldIn(key, 3) }).mauveStar;
  return {
    data: await against(language.sample(foldIn(key, 4), settings.compared).data),
    samples: await against(samples.data),
    chance: await against(chance),
  };
}
