import {
  claim,
  defineExperiment,
  barFigure,
  pairedDifference,
  repeat,
  summarize,
  type Summary,
} from '@lab/experiment';
import { loadProsqa } from '@lab/datasets/node';
import { disposeTree, engine } from '@lab/tensor-core';
import { foldIn, type Key } from '@lab/tensor-core/random';
import { decodeReasoning } from '../../acot/decode';
import {
  reasoningExample,
  reasoningLayouts,
  type ReasoningExample,
  type ReasoningLayout,
} from '../../acot/example';
import { answerOf, entityAnchors, type ReasoningItem } from '../../acot/items';
import { reasoner, type Reasoner } from '../../acot/reasoner';
import { trainReasoner } from '../../acot/train-reasoner';
import { judgedClaims, type Judged } from '../shared/judged';
import { graphNames, graphQuestions, type GraphQuestionsOptions } from './graph-questions';
import { wordVocabulary, type WordVocabulary } from './vocabulary';

export interface LogicSettings {
  readonly seeds: number;
  readonly questions: Pick<GraphQuestionsOptions, 'nodes' | 'hops' | 'style'>;
  /** Names of classes that questions are drawn from. */
  readonly classes: number;
  readonly train: number;
  readonly test: number;
  readonly width: number;
  readonly blocks: number;
  readonly batch: number;
  readonly learningRate: number;
  /** Training steps of every method together, whatever its stages. */
  readonly steps: number;
  readonly thoughts: number;
  /** Whether questions of ProsQA are answered as well, where the data folder has them. */
  readonly prosqa: boolean;
  readonly judged: Judged;
}

interface Method {
  readonly name: string;
  /** Layouts in the order of training, with their shares of the steps; the last one is also asked. */
  readonly stages: readonly { readonly layout: ReasoningLayout; readonly share: number }[];
}

/** Half of the training is on written reasoning, the rest replaces its steps by thoughts, one more a stage. */
function methodsOf(thoughts: number): Method[] {
  const staged = (layout: (stage: number) => ReasoningLayout): Method['stages'] => [
    { layout: reasoningLayouts.cot(), share: 0.5 },
    ...Array.from({ length: thoughts }, (_, i) => ({ layout: layout(i + 1), share: 0.5 / thoughts })),
  ];
  return [
    { name: 'No-CoT', stages: [{ layout: reasoningLayouts.noCot(), share: 1 }] },
    { name: 'CoT', stages: [{ layout: reasoningLayouts.cot(), share: 1 }] },
    { name: 'Pause', stages: [{ layout: reasoningLayouts.pause(thoughts), share: 1 }] },
    { name: 'ACoT, steps kept', stages: staged((stage) => reasoningLayouts.acot(stage)) },
    { name: 'ACoT', stages: staged((stage) => reasoningLayouts.acot(stage, { dropSteps: true })) },
  ];
}

interface Score {
  /** Share of exactly right answers. */
  readonly accuracy: number;
  /** Tokens that the model wrote for an answer. */
  readonly tokens: number;
  readonly prosqa: number | undefined;
}

/** Can anchors stand in for written reasoning? */
export const logic = defineExperiment<LogicSettings>({
  id: 'logic',
  paper: 'adlm',
  title: 'Anchored chain of thought on graphs of classes',
  summary:
    'Questions in the manner of ProsQA: of which of two classes is somebody a member, given a shuffled graph? A small causal transformer answers at once, ' +
    'after written reasoning, after pauses, and after anchored thoughts that take the place of reasoning steps one by one. All methods are trained ' +
    'for the same number of steps.',
  data: ['drawn here: random graphs of invented classes', 'prosqa (full scale, from the data folder)'],
  scales: {
    tour: {
      seeds: 1,
      questions: { nodes: [6, 7], hops: [2, 2], style: 'terse' },
      classes: 8,
      train: 1000,
      test: 32,
      width: 32,
      blocks: 2,
      batch: 16,
      learningRate: 3e-3,
      steps: 50,
      thoughts: 2,
      prosqa: false,
      judged: [],
    },
    quick: {
      seeds: 2,
      questions: { nodes: [6, 7], hops: [2, 2], style: 'terse' },
      classes: 8,
      train: 20_000,
      test: 256,
      width: 48,
      blocks: 2,
      batch: 32,
      learningRate: 3e-3,
      steps: 520,
      thoughts: 2,
      prosqa: false,
      judged: 'all',
    },
    full: {
      seeds: 3,
      questions: { nodes: [14, 22], hops: [3, 5], style: 'sentences' },
      classes: 24,
      train: 50_000,
      test: 500,
      width: 256,
      blocks: 4,
      batch: 64,
      learningRate: 5e-4,
      steps: 20_000,
      thoughts: 6,
      prosqa: true,
      judged: 'all',
    },
  },
  async run(context) {
    const { settings } = context;
    await engine();
    const prosqa =
      settings.prosqa && context.dataDir !== undefined
        ? (await loadProsqa(context.dataDir, { split: 'test' })).items
        : [];
    const persons = unique([...graphNames.persons, ...prosqa.flatMap(({ names }) => names.filter(isPerson))]);
    const classes = unique([
      ...prosqa.flatMap(({ names }) => names.filter((name) => !isPerson(name))),
      ...graphNames.classes,
    ]).slice(0, Math.max(settings.classes, prosqa.length > 0 ? Infinity : 0));
    const names = [...persons, ...classes];
    const draw = (key: Key, count: number): ReasoningItem[] =>
      graphQuestions({ ...settings.questions, key, count, names, persons: persons.length });
    const vocabulary = wordVocabulary([
      ...names,
      ...draw(context.key, 20).map(({ question, answer }) => `${question} ${answer}`),
      ...prosqa.map(({ question }) => question),
    ]);
    const model = reasoner({
      vocabSize: vocabulary.size,
      width: settings.width,
      heads: 4,
      blocks: settings.blocks,
    });
    const methods = methodsOf(settings.thoughts);
    const runs = await repeat(context, settings.seeds, async ({ key, progress }) => {
      const [train, test] = [draw(foldIn(key, 0), settings.train), draw(foldIn(key, 1), settings.test)];
      const scores: Score[] = [];
      for (const method of methods) {
        const done = scores.length;
        scores.push(
          await score(method, {
            ...{ model, vocabulary, settings, train, test, prosqa },
            key: foldIn(key, 2),
            signal: context.signal,
            progress: (fraction) => {
              progress((done + fraction) / methods.length, method.name);
            },
          }),
        );
      }
      return scores;
    });
    const at = (name: string): number => methods.findIndex((method) => method.name === name);
    const over = (name: string, pick: (score: Score) => number): Summary =>
      summarize(runs.map((scores) => pick(scores[at(name)]!)));
    const accuracies = (name: string): number[] => runs.map((scores) => scores[at(name)]!.accuracy);
    const tokens = (name: string): number => over(name, (each) => each.tokens).mean;
    return {
      claims: judgedClaims(
        [
          claim({
            id: 'acot-beats-no-cot',
            statement:
              'With anchored thoughts in place of reasoning steps, answers are better than without reasoning',
            paper: 'ProsQA: 97.3% against 76.7% (Table 5)',
            measured: {
              'ACoT minus No-CoT, accuracy': pairedDifference(accuracies('ACoT'), accuracies('No-CoT')),
            },
            criterion: 'at least 5 points in the mean',
            holds: mean(accuracies('ACoT')) - mean(accuracies('No-CoT')) >= 0.05,
          }),
          claim({
            id: 'acot-is-as-short',
            statement:
              'ACoT writes as many tokens as answers without reasoning, fewer than written reasoning',
            paper: 'ProsQA: 8.2 tokens both, 49.4 with CoT (Table 11)',
            measured: {
              ACoT: over('ACoT', (each) => each.tokens),
              'No-CoT': over('No-CoT', (each) => each.tokens),
              CoT: over('CoT', (each) => each.tokens),
            },
            criterion: 'within half a token of No-CoT, and fewer than CoT',
            holds: Math.abs(tokens('ACoT') - tokens('No-CoT')) <= 0.5 && tokens('ACoT') < tokens('CoT'),
          }),
          claim({
            id: 'dropping-steps-helps',
            statement: 'Replacing steps by thoughts gives better answers than keeping them',
            paper: 'ProsQA: 97.3% against 81% (Section 5)',
            measured: {
              'dropped minus kept, accuracy': pairedDifference(
                accuracies('ACoT'),
                accuracies('ACoT, steps kept'),
              ),
            },
            criterion: 'higher in the mean',
            holds: mean(accuracies('ACoT')) > mean(accuracies('ACoT, steps kept')),
          }),
          claim({
            id: 'supervision-helps',
            statement: 'Supervised thoughts are better than pauses',
            paper: 'ProsQA: 97.3% against 75.9% (Table 5)',
            measured: {
              'ACoT minus Pause, accuracy': pairedDifference(accuracies('ACoT'), accuracies('Pause')),
            },
            criterion: 'higher in the mean',
            holds: mean(accuracies('ACoT')) > mean(accuracies('Pause')),
          }),
        ],
        { judged: settings.judged, log: context.log },
      ),
      tables: [
        {
          id: 'answers',
          title: 'Answers to new questions; guessing between the two is right half of the time',
          columns: ['method', 'accuracy', 'tokens written', ...(prosqa.length > 0 ? ['ProsQA test'] : [])],
          rows: methods.map(({ name }) => [
            name,
            over(name, (each) => each.accuracy),
            over(name, (each) => each.tokens),
            ...(prosqa.length > 0 ? [over(name, (each) => each.prosqa!)] : []),
          ]),
        },
      ],
      figures: [
        barFigure({
          id: 'accuracy',
          title: 'Right answers',
          caption: `Share of exactly right answers to ${settings.test} new questions, ${settings.seeds} seeds.`,
          bars: methods.map(({ name }) => ({ category: name, value: over(name, (each) => each.accuracy) })),
          value: { title: 'accuracy', format: '.0%' },
        }),
      ],
      facts: { weights: model.size, 'training steps': settings.steps, vocabulary: vocabulary.size },
    };
  },
});

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

async function score({ stages }: Method, options: ScoreOptions): Promise<Score> {
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

const isPerson = (name: string): boolean => /^[A-Z]/.test(name);
const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];
const mean = (values: readonly number[]): number =>
  values.reduce((sum, each) => sum + each, 0) / values.length;
