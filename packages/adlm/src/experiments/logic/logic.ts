import {
  barFigure,
  defineExperiment,
  judgedClaims,
  repeat,
  summarize,
  type Judged,
  type Summary,
} from '@lab/experiment';
import { loadProsqa } from '@lab/datasets/node';
import { disposeTree, engine } from '@lab/tensor-core';
import { foldIn, type Key } from '@lab/tensor-core/random';
import type { ReasoningItem } from '../../acot/items';
import { reasoner } from '../../acot/reasoner';
import { logicClaims } from './claims';
import { graphNames, graphQuestions, type GraphQuestionsOptions } from './graph-questions';
import { methodsOf, written } from './methods';
import { accuraciesOf, score, trainStages, type Score } from './score';
import { wordVocabulary } from './vocabulary';

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

/** Can anchors stand in for written reasoning? */
export const logic = defineExperiment<LogicSettings>({
  id: 'logic',
  paper: 'adlm',
  title: 'Anchored chain of thought on graphs of classes',
  summary:
    'Questions in the manner of ProsQA: of which of two classes is somebody a member, given a shuffled graph? A small causal transformer answers at once, ' +
    'after written reasoning, after pauses, and after anchored thoughts that take the place of reasoning steps one by one. All methods are trained ' +
    'for the same number of steps, those that begin with written reasoning from the same weights.',
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
      seeds: 1,
      questions: { nodes: [8, 9], hops: [1, 3], style: 'terse' },
      classes: 10,
      train: 20_000,
      test: 256,
      width: 48,
      blocks: 2,
      batch: 32,
      learningRate: 3e-3,
      steps: 2000,
      thoughts: 3,
      prosqa: false,
      judged: 'all',
    },
    full: {
      seeds: 3,
      questions: { nodes: [14, 22], hops: [3, 5], style: 'sentences' },
      classes: 24,
      train: 50_000,
      test: 500,
      width: 128,
      blocks: 4,
      batch: 32,
      learningRate: 1e-3,
      steps: 4000,
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
      const common = { model, vocabulary, settings, train, signal: context.signal };
      const params = await trainStages([written], {
        ...common,
        key: foldIn(key, 2),
        progress: (fraction) => {
          progress(fraction / (methods.length + 1), 'written reasoning');
        },
      });
      const scores: Score[] = [];
      try {
        for (const method of methods) {
          const done = scores.length + 1;
          scores.push(
            await score(method, {
              ...{ ...common, test, prosqa },
              params: method.fromWritten ? params : undefined,
              key: foldIn(key, 3),
              progress: (fraction) => {
                progress((done + fraction) / (methods.length + 1), method.name);
              },
            }),
          );
        }
      } finally {
        disposeTree(params);
      }
      return scores;
    });
    const over = (at: number, pick: (score: Score) => number): Summary =>
      summarize(runs.map((scores) => pick(scores[at]!)));
    const accuracy = (at: number): Summary => summarize(accuraciesOf(runs.map((scores) => scores[at]!)));
    const intervals = `the intervals are over ${runs.length === 1 ? 'questions' : 'seeds'}`;
    return {
      claims: judgedClaims(logicClaims(runs, methods), { judged: settings.judged, log: context.log }),
      tables: [
        {
          id: 'answers',
          title: `Answers to new questions; guessing between the two is right half of the time; ${intervals}`,
          columns: ['method', 'accuracy', 'tokens written', ...(prosqa.length > 0 ? ['ProsQA test'] : [])],
          rows: methods.map(({ name }, at) => [
            name,
            accuracy(at),
            over(at, (each) => each.tokens),
            ...(prosqa.length > 0 ? [over(at, (each) => each.prosqa!)] : []),
          ]),
        },
      ],
      figures: [
        barFigure({
          id: 'accuracy',
          title: 'Right answers',
          caption: `Share of exactly right answers to ${settings.test} new questions; ${intervals}.`,
          bars: methods.map(({ name }, at) => ({ category: name, value: accuracy(at) })),
          value: { title: 'accuracy', format: '.0%' },
        }),
      ],
      facts: { weights: model.size, 'training steps': settings.steps, vocabulary: vocabulary.size },
    };
  },
});

const isPerson = (name: string): boolean => /^[A-Z]/.test(name);
const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];
