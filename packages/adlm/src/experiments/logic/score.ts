import { disposeTree } from '@lab/tensor-core';
import type { Key } from '@lab/tensor-core/random';
import { decodeReasoning } from '../../acot/decode';
import { reasoningExample, type ReasoningExample, type ReasoningLayout } from '../../acot/example';
import { answerOf, entityAnchors, type ReasoningItem } from '../../acot/items';
import type { Reasoner } from '../../acot/reasoner';
import { trainReasoner } from '../../acot/train-reasoner';
import type { TokenTransformerParams } from '@lab/diffusion-core/discrete';
import type { LogicSettings } from './logic';
import type { Method, Stage } from './methods';
import type { WordVocabulary } from './vocabulary';

export interface Score {
  /** Whether each answer is exactly right, 1 or 0, in the order of the questions. */
  readonly right: readonly number[];
  /** Tokens that the model wrote for an answer. */
  readonly tokens: number;
  readonly prosqa: number | undefined;
}

export interface TrainOptions {
  readonly model: Reasoner;
  readonly vocabulary: WordVocabulary;
  readonly settings: LogicSettings;
  readonly train: readonly ReasoningItem[];
  /** Weights to start from. @default drawn */
  readonly params?: TokenTransformerParams | undefined;
  readonly key: Key;
  readonly signal: AbortSignal;
  readonly progress: (fraction: number) => void;
}

/** Weights after the stages; they belong to the caller. */
export async function trainStages(
  stages: readonly Stage[],
  { model, vocabulary, settings, train, params, key, signal, progress }: TrainOptions,
): Promise<TokenTransformerParams> {
  const trained = await trainReasoner(model, {
    stages: stages.map(({ layout, share }) => ({
      examples: train.map((item) => example(item, layout, vocabulary)),
      steps: Math.round(share * settings.steps),
    })),
    padding: vocabulary.endOfText,
    batchSize: settings.batch,
    learningRate: settings.learningRate,
    ...(params && { params }),
    key,
    signal,
    onStep: ({ stage, step, steps }) => {
      progress((stage + step / steps) / stages.length);
    },
  });
  return trained.params;
}

interface ScoreOptions extends TrainOptions {
  readonly test: readonly ReasoningItem[];
  readonly prosqa: readonly ReasoningItem[];
}

/** Trains by a method, then asks. */
export async function score({ stages }: Method, options: ScoreOptions): Promise<Score> {
  const { model, vocabulary, test, prosqa, signal, progress } = options;
  const params = await trainStages(stages, { ...options, progress: (done) => progress(0.9 * done) });
  const { layout } = stages.at(-1)!;
  const answers = async (items: readonly ReasoningItem[]) => {
    const decoded = await decodeReasoning(model, params, {
      prompts: items.map((item) => example(item, layout, vocabulary)),
      endOfText: vocabulary.endOfText,
      maxTokens:
        Math.max(
          ...items.map(({ steps, answer }) => vocabulary.encode(`${steps.join('\n')}\n### ${answer}`).length),
        ) + 2,
      signal,
    });
    return {
      right: decoded.map((ids, i) => Number(answerOf(vocabulary.decode(ids)) === items[i]!.answer)),
      tokens: mean(decoded.map((ids) => ids.length)),
    };
  };
  try {
    const own = await answers(test);
    return { ...own, prosqa: prosqa.length > 0 ? mean((await answers(prosqa)).right) : undefined };
  } finally {
    disposeTree(params);
  }
}

const example = (
  item: ReasoningItem,
  layout: ReasoningLayout,
  vocabulary: WordVocabulary,
): ReasoningExample => reasoningExample(item, layout, { vocabulary, anchors: entityAnchors });

/** Accuracies of the seeds; of one seed, its answers, so that an interval tells how sure so many questions can be. */
export function accuraciesOf(scores: readonly Score[]): number[] {
  const only = scores.length === 1 ? scores[0] : undefined;
  return only ? [...only.right] : scores.map(({ right }) => mean(right));
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, each) => sum + each, 0) / values.length;
