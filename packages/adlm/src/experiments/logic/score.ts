import { disposeTree } from '@lab/tensor-core';
import type { Key } from '@lab/tensor-core/random';
import { decodeReasoning } from '../../acot/decode';
import { reasoningExample, type ReasoningExample, type ReasoningLayout } from '../../acot/example';
import { answerOf, entityAnchors, type ReasoningItem } from '../../acot/items';
import type { Reasoner } from '../../acot/reasoner';
import { trainReasoner } from '../../acot/train-reasoner';
import type { LogicSettings } from './logic';
import type { Method } from './methods';
import type { WordVocabulary } from './vocabulary';

export interface Score {
  /** Share of exactly right answers. */
  readonly accuracy: number;
  /** Tokens that the model wrote for an answer. */
  readonly tokens: number;
  readonly prosqa: number | undefined;
}

interface ScoreOptions {
  readonly model: Reasoner;
  readonly vocabulary: WordVocabulary;
  readonly settings: LogicSettings;
  readonly train: readonly ReasoningItem[];
  readonly test: readonly ReasoningItem[];
  readonly prosqa: readonly ReasoningItem[];
  readonly key: Key;
  readonly signal: AbortSignal;
  readonly progress: (fraction: number) => void;
}

/** Trains by a method, then asks. */
export async function score({ stages }: Method, options: ScoreOptions): Promise<Score> {
  const { model, vocabulary, settings, train, test, prosqa, key, signal, progress } = options;
  const example = (item: ReasoningItem, layout: ReasoningLayout): ReasoningExample =>
    reasoningExample(item, layout, { vocabulary, anchors: entityAnchors });
  const { params } = await trainReasoner(model, {
    stages: stages.map(({ layout, share }) => ({
      examples: train.map((item) => example(item, layout)),
      steps: Math.round(share * settings.steps),
    })),
    padding: vocabulary.endOfText,
    batchSize: settings.batch,
    learningRate: settings.learningRate,
    key,
    signal,
    onStep: ({ stage, step, steps }) => {
      progress((0.9 * (stage + step / steps)) / stages.length);
    },
  });
  const { layout } = stages.at(-1)!;
  const answers = async (items: readonly ReasoningItem[]) => {
    const decoded = await decodeReasoning(model, params, {
      prompts: items.map((item) => example(item, layout)),
      endOfText: vocabulary.endOfText,
      maxTokens:
        Math.max(
          ...items.map(({ steps, answer }) => vocabulary.encode(`${steps.join('\n')}\n### ${answer}`).length),
        ) + 2,
      signal,
    });
    const written = decoded.reduce((sum, ids) => sum + ids.length, 0);
    const right = decoded.filter((ids, i) => answerOf(vocabulary.decode(ids)) === items[i]!.answer).length;
    return { accuracy: right / items.length, tokens: written / items.length };
  };
  try {
    const own = await answers(test);
    return { ...own, prosqa: prosqa.length > 0 ? (await answers(prosqa)).accuracy : undefined };
  } finally {
    disposeTree(params);
  }
}
