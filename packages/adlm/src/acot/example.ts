import { LabError } from '@lab/tensor-core/errors';
import type { AnchorWords, ReasoningItem } from './items';

/** Text to ids, and the ids that anchored reasoning adds. */
export interface ReasoningVocabulary {
  encode(text: string): readonly number[];
  readonly endOfText: number;
  /** [BOA], before the thoughts. */
  readonly begin: number;
  /** [ANT], a thought. */
  readonly thought: number;
  /** [EOA], after the thoughts. */
  readonly end: number;
}

/** What stands between a question and its answer. */
export interface ReasoningLayout {
  /** Thoughts between begin and end; 0 leaves both out. @default 0 */
  readonly thoughts?: number;
  /** Whether thought i is to say anchor i. @default false */
  readonly supervised?: boolean;
  /** Whether the reasoning is written out. @default true */
  readonly steps?: boolean;
  /** Steps left out at the beginning. @default 0 */
  readonly dropSteps?: number;
  /** Tokens of the reasoning left out at the beginning. @default 0 */
  readonly dropTokens?: number;
}

/** The published methods as layouts of a stage, which counts the thoughts that are in place. */
export const reasoningLayouts = {
  noCot: (): ReasoningLayout => ({ steps: false }),
  cot: (): ReasoningLayout => ({}),
  pause: (thoughts: number): ReasoningLayout => ({ thoughts, steps: false }),
  /** Implicit chain of thought: the reasoning is deleted from its left. */
  icot: (dropTokens: number): ReasoningLayout => ({ dropTokens }),
  /** Unsupervised thoughts in place of the first steps; Coconut with the continuous reading, Coconut-Pause with tokens. */
  coconut: (stage: number, thoughtsPerStep = 1): ReasoningLayout => ({
    thoughts: stage * thoughtsPerStep,
    dropSteps: stage,
  }),
  /** Anchored chain of thought; `dropSteps` as ProsQA needs it. */
  acot: (
    thoughts: number,
    { dropSteps = false }: { readonly dropSteps?: boolean } = {},
  ): ReasoningLayout => ({
    thoughts,
    supervised: true,
    dropSteps: dropSteps ? thoughts : 0,
  }),
} as const;

export interface ReasoningExample {
  readonly ids: Int32Array;
  /** What each id is to be, -1 where that does not count; label i is predicted from what stands before i. */
  readonly labels: Int32Array;
  /** How many of the ids are given when the model answers. */
  readonly promptLength: number;
  /** Where the thoughts stand. */
  readonly thoughtPlaces: readonly number[];
}

/**
 * A question, its thoughts, its reasoning and its answer as one sequence (section 4.5): `question \n [BOA] [ANT] ... [EOA]
 * steps ### answer`. Questions and brackets are not to be predicted; a thought is to say its anchor, where there is one, and
 * of an anchor of several tokens the first.
 *
 * @throws LabError `argument` when anchors are asked of an item without reasoning
 */
export function reasoningExample(
  item: ReasoningItem,
  layout: ReasoningLayout,
  { vocabulary, anchors }: { readonly vocabulary: ReasoningVocabulary; readonly anchors: AnchorWords },
): ReasoningExample {
  const { thoughts = 0, supervised = false, steps = true, dropSteps = 0, dropTokens = 0 } = layout;
  if (supervised && item.steps.length === 0)
    throw new LabError('argument', 'anchors are words of the reasoning, and this item has none', {
      argument: 'steps',
      received: item.question.slice(0, 80),
    });
  const question = [...vocabulary.encode(`${item.question}\n`)];
  const opening = thoughts > 0 ? [vocabulary.begin] : [];
  const closing = thoughts > 0 ? [vocabulary.end] : [];
  const words = supervised ? anchors(item.steps).slice(0, thoughts) : [];
  const anchorIds = words.map((word) => vocabulary.encode(word)[0] ?? -1);
  const written = steps
    ? item.steps.slice(dropSteps).flatMap((step) => [...vocabulary.encode(`${step}\n`)])
    : [];
  const answer = [...vocabulary.encode(`### ${item.answer}`), vocabulary.endOfText];
  const spoken = [...written.slice(dropTokens), ...answer];
  const prompt = [
    ...question,
    ...opening,
    ...new Array<number>(thoughts).fill(vocabulary.thought),
    ...closing,
  ];
  const first = question.length + opening.length;
  const labels = Int32Array.from({ length: prompt.length + spoken.length }, (_, i) => {
    if (i >= prompt.length) return spoken[i - prompt.length]!;
    return anchorIds[i - first] ?? -1;
  });
  return {
    ids: Int32Array.from([...prompt, ...spoken]),
    labels,
    promptLength: prompt.length,
    thoughtPlaces: Array.from({ length: thoughts }, (_, i) => first + i),
  };
}

export type ReasoningTask = 'gsm8k' | 'prontoqa' | 'prosqa';

/** The paper's stages: which layout an epoch (from 1) trains, after training on written reasoning. */
export function acotStage(task: ReasoningTask, epoch: number): ReasoningLayout {
  if (!Number.isInteger(epoch) || epoch < 1)
    throw new LabError('argument', 'epochs count from 1', { argument: 'epoch', received: epoch });
  if (task === 'gsm8k') return reasoningLayouts.acot(epoch <= 3 ? 1 : 2);
  return reasoningLayouts.acot(Math.min(6, Math.ceil(epoch / 5)), { dropSteps: task === 'prosqa' });
}
