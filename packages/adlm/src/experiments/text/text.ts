import {
  defineExperiment,
  judgedClaims,
  lineFigure,
  repeat,
  summarize,
  type Judged,
  type Summary,
} from '@lab/experiment';
import { foldIn } from '@lab/tensor-core/random';
import { autoregressive } from '../../autoregressive/autoregressive';
import type { CausalLanguageModel } from '../../autoregressive/causal-model';
import type { LanguageModel } from '../../model/types';
import { anchored, matchedBlocks, multiplyAdds, plain, sizes } from '../shared/models';
import { disposeTrained, finalNll, trainModels, type TrainingScale } from '../shared/train-models';
import { textClaims, type MethodRun, type TextRun } from './claims';
import { loadCorpus } from './corpus';
import { samplesOf } from './samples';

export interface TextSettings {
  readonly seeds: number;
  readonly training: TrainingScale;
  readonly width: number;
  readonly vocabSize: number;
  readonly length: number;
  readonly documents: number;
  readonly validationChunks: number;
  readonly novelChapters: number;
  readonly novelChunks: number;
  /** Samples of each model. */
  readonly samples: number;
  readonly judged: Judged;
}

const blocks = 4;
const names = { ar: 'AR', mdlm: 'MDLM', without: 'ADLM, no anchor loss', adlm: 'ADLM' } as const;

/** Which language model is best on real text, at equal weights and at equal compute? */
export const text = defineExperiment<TextSettings>({
  id: 'text',
  paper: 'adlm',
  title: 'Real text: ADLM, MDLM and AR',
  summary:
    'Models of as nearly as possible the same number of weights are trained on State of the Union addresses, on the same batches. Measured are the likelihood on ' +
    'addresses that none was trained on, at equal steps and at equal multiply-adds; on Moby-Dick; and of samples the perplexity under the ' +
    'autoregressive model, entropy and MAUVE.',
  data: ['sotu', 'moby-dick'],
  scales: {
    tour: {
      seeds: 1,
      training: { steps: 50, batch: 16, learningRate: 2e-3, evaluateEvery: 25 },
      width: 32,
      vocabSize: 384,
      length: 32,
      documents: 12,
      validationChunks: 48,
      novelChapters: 2,
      novelChunks: 32,
      samples: 10,
      judged: [],
    },
    quick: {
      seeds: 2,
      training: { steps: 240, batch: 16, learningRate: 4e-3, evaluateEvery: 80 },
      width: 48,
      vocabSize: 288,
      length: 40,
      documents: 60,
      validationChunks: 128,
      novelChapters: 5,
      novelChunks: 128,
      samples: 40,
      judged: 'all',
    },
    full: {
      seeds: 3,
      training: { steps: 4000, batch: 32, learningRate: 1e-3, evaluateEvery: 500 },
      width: 128,
      vocabSize: 2048,
      length: 128,
      documents: 233,
      validationChunks: 500,
      novelChapters: 135,
      novelChunks: 500,
      samples: 500,
      judged: 'all',
    },
  },
  async run(context) {
    const { settings } = context;
    const corpus = await loadCorpus({ ...settings, key: foldIn(context.key, 1000) });
    context.log(corpus.sizes);
    const own = sizes(corpus.tokenizer.vocabSize, settings.width);
    const threshold = 2;
    const adlm = anchored(own, { blocks, threshold, gamma: 3e-3 });
    const matched = matchedBlocks(own, adlm.size);
    const causalBlocks = matchedBlocks(own, adlm.size, { conditionWidth: false });
    const ar = autoregressive({ ...own, blocks: causalBlocks }) as unknown as CausalLanguageModel<object>;
    const models = new Map<string, LanguageModel<object>>([
      [names.ar, ar],
      [names.mdlm, plain(own, matched)],
      [names.without, anchored(own, { blocks, threshold, gamma: 0 })],
      [names.adlm, adlm],
    ]);
    const length = settings.length;
    const compute = new Map<string, number>([
      [names.ar, multiplyAdds(own, { blocks: causalBlocks, length, tables: 1 })],
      [names.mdlm, multiplyAdds(own, { blocks: matched, length, tables: 1 })],
      // Three products with the vocabulary: out of the anchor network, into the second one, out of that.
      [names.without, multiplyAdds(own, { blocks: blocks + blocks / 2, length, tables: 3 })],
      [names.adlm, multiplyAdds(own, { blocks: blocks + blocks / 2, length, tables: 3 })],
    ]);
    const runs = await repeat(context, settings.seeds, async ({ key, progress }): Promise<TextRun> => {
      const trained = await trainModels(models, {
        context: { signal: context.signal, progress },
        scale: settings.training,
        tokens: corpus.train,
        validation: corpus.validation,
        samples: 2,
        key: foldIn(key, 0),
        span: [0, 0.85],
      });
      try {
        const options = {
          corpus,
          settings,
          key: foldIn(key, 1),
          signal: context.signal,
          evaluator: ar,
          params: trained[0]!.params,
        };
        const methods: MethodRun[] = [];
        for (const each of trained) {
          progress(0.85 + (0.15 * methods.length) / trained.length, `samples of ${each.name}`);
          methods.push({
            ...(await samplesOf(each, options)),
            name: each.name,
            curve: each.curve,
            nll: finalNll(each),
          });
        }
        return { methods };
      } finally {
        disposeTrained(trained);
      }
    });

    const over = (at: number, pick: (method: MethodRun) => number): Summary =>
      summarize(runs.map((run) => pick(run.methods[at]!)));
    const curves = [...models.keys()].map((name, at) => {
      const steps = runs[0]!.methods[at]!.curve.map(({ step }) => step);
      return { name, steps, y: steps.map((_, i) => over(at, ({ curve }) => curve[i]!.nll).mean) };
    });
    return {
      claims: judgedClaims(textClaims(runs, { compute, names, samples: settings.samples }), {
        judged: settings.judged,
        log: context.log,
      }),
      tables: [
        {
          id: 'likelihood',
          title: 'Nats a token after the same number of steps (diffusion models: upper bounds)',
          columns: ['model', 'weights', 'multiply-adds a token', 'new addresses', 'Moby-Dick'],
          rows: [...models].map(([name, model], at) => [
            name,
            model.size,
            compute.get(name)!,
            over(at, ({ nll }) => nll),
            over(at, ({ novelNll }) => novelNll),
          ]),
          note: `${corpus.sizes}; BPE of ${corpus.tokenizer.vocabSize} ids; multiply-adds are those of a forward pass`,
        },
        {
          id: 'samples',
          title: `Samples, ${settings.samples} of each model, one step a token`,
          columns: ['model', 'perplexity under AR', 'entropy', 'MAUVE (star)'],
          rows: [...models.keys()].map((name, at) => [
            name,
            over(at, ({ generativePerplexity: value }) => value),
            over(at, ({ entropy }) => entropy),
            over(at, ({ mauveStar }) => mauveStar),
          ]),
          note: 'Draws in double precision. MAUVE over the last states of the AR model, k a tenth of the samples: comparable within this table alone.',
        },
      ],
      figures: [
        lineFigure({
          id: 'training-curves',
          title: 'Likelihood while training',
          caption: `Nats a token on new addresses, means over ${settings.seeds} seeds.`,
          series: curves.map(({ name, steps, y }) => ({ name, x: steps, y })),
          x: { title: 'steps' },
          y: { title: 'nats a token' },
        }),
        lineFigure({
          id: 'compute-curves',
          title: 'Likelihood by compute',
          caption:
            'The same over the multiply-adds of all forward passes so far (backward passes cost twice as many for every model).',
          series: curves.map(({ name, steps, y }) => ({
            name,
            x: steps.map((step) => step * settings.training.batch * length * compute.get(name)!),
            y,
          })),
          x: { title: 'multiply-adds', format: '.1e' },
          y: { title: 'nats a token' },
        }),
      ],
      artifacts: runs[0]!.methods.map(({ name, example }) => ({
        name: `sample-${name.toLowerCase().replaceAll(/[^a-z]+/g, '-')}.txt`,
        content: `${example}\n`,
      })),
      facts: { ...settings.training, seeds: settings.seeds, 'train sequences': corpus.train.shape[0]! },
    };
  },
});
