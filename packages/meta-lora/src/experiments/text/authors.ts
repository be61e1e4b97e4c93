import {
  barFigure,
  claim,
  defineExperiment,
  pairedDifference,
  repeat,
  summarize,
  type Claim,
  type Summary,
} from '@lab/experiment';
import { loadConvai2, loadStateOfTheUnion } from '@lab/datasets/node';
import { adamw, chooseExecution, cloneTree, disposeTree, engine } from '@lab/tensor-core';
import { compile } from '@lab/tensor-core/compile';
import { isLabError } from '@lab/tensor-core/errors';
import { foldIn, permutation, type Key } from '@lab/tensor-core/random';
import { standardRetrain } from '../../baselines';
import { compareBases, metaRetrain } from '../../retrain';
import { bothSlots, headSlots, loraSlots } from '../../slots';
import type { TableBatch, Task } from '../../training';
import { encodeGroups, rankingLoss, rankingTask, topOne } from './ranking';
import { sentenceScorer, type TextScorer } from './scorer';
import { drawGroups, personas, presidents, type Author } from './sources';

interface Settings {
  readonly repeats: number;
  /** Tasks of the retraining, and new ones. */
  readonly tasks: readonly [old: number, fresh: number];
  readonly candidates: number;
  /** Tokens of a text. */
  readonly length: number;
  /** Groups of candidates of each task: for training, for fine-tuning, and held out. */
  readonly groups: readonly [train: number, tune: number, held: number];
  readonly epochs: readonly [retrain: number, tune: number];
  readonly rank: number;
}

const names = ['LoRA-ML', 'standard', 'no retraining'] as const;
type Scores = Record<(typeof names)[number], { readonly before: number; readonly after: number }>;

/** Section 5.4 of the spec on a pretrained transformer that npm carries. */
export const authors = defineExperiment<Settings>({
  id: 'authors',
  paper: 'meta-lora',
  title: 'Language: whose sentence is it?',
  summary:
    'The pretrained sentence encoder ranks candidates by whether they are of one author; every author is a task, and the tasks contradict ' +
    'each other on the same sentences. It is retrained on some presidents of the United States by LoRA-ML and by standard retraining, then ' +
    'fine-tuned to new ones by LoRA on all query, key, value, output and feed-forward matrices. The same with personas of ConvAI2 where ' +
    'the data folder has them.',
  data: ['sotu', 'convai2'],
  scales: {
    tour: {
      repeats: 1,
      tasks: [2, 2],
      candidates: 3,
      length: 12,
      groups: [6, 4, 8],
      epochs: [1, 1],
      rank: 2,
    },
    quick: {
      repeats: 1,
      tasks: [4, 3],
      candidates: 4,
      length: 20,
      groups: [24, 16, 48],
      epochs: [2, 6],
      rank: 4,
    },
    full: {
      repeats: 5,
      tasks: [10, 10],
      candidates: 20,
      length: 48,
      groups: [120, 40, 100],
      epochs: [10, 10],
      rank: 8,
    },
  },
  async run(context) {
    const { settings, dataDir, log } = context;
    await engine();
    const sources: [name: string, authors: Author[]][] = [
      ['presidents', presidents(await loadStateOfTheUnion())],
    ];
    const chats = context.scale === 'full' && dataDir !== undefined ? await convai(dataDir) : undefined;
    if (chats) sources.push(['personas', personas(chats)]);
    else
      log(
        context.scale === 'full'
          ? 'personas are left out: the data folder has no convai2-valid.txt'
          : 'personas are part of the full scale',
      );
    const scorer = await sentenceScorer();
    const found = new Map<string, Scores[]>();
    try {
      await repeat(context, settings.repeats, async ({ key, progress }) => {
        for (const [place, [name, all]] of sources.entries()) {
          const scores = await trial(
            foldIn(key, place),
            all,
            { ...settings, scorer, signal: context.signal },
            (part, label) => progress((place + part) / sources.length, `${name}: ${label}`),
          );
          found.set(name, [...(found.get(name) ?? []), scores]);
        }
      });
    } finally {
      disposeTree(scorer.params);
    }
    return {
      claims: [...found].map(([name, all]) => gainClaim(name, all)),
      tables: [...found].map(([name, all]) => ({
        id: name,
        title: `Top-1 accuracy on new ${name} among ${settings.candidates} candidates`,
        columns: ['base', 'before fine-tuning', 'after'],
        rows: names.map((base) => [
          base,
          over(all, (each) => each[base].before),
          over(all, (each) => each[base].after),
        ]),
        note: `${settings.repeats} repeats, ${settings.tasks[0]} authors for retraining and ${settings.tasks[1]} new ones; chance is ${(1 / settings.candidates).toFixed(2)}.`,
      })),
      figures: [...found].map(([name, all]) =>
        barFigure({
          id: name,
          title: `Top-1 accuracy on new ${name} after fine-tuning`,
          caption: 'The same fresh LoRA, batches and steps from every base.',
          bars: names.map((base) => ({ category: base, value: over(all, (each) => each[base].after).mean })),
          value: { title: 'accuracy', zero: true },
        }),
      ),
    };
  },
});

function gainClaim(name: string, all: readonly Scores[]): Claim {
  const read = (base: (typeof names)[number]): number[] => all.map((each) => each[base].after);
  const gain = pairedDifference(read('LoRA-ML'), read('standard'));
  return claim({
    id: `meta-beats-standard-${name}`,
    statement: `After the same LoRA fine-tuning on new ${name}, the LoRA-ML base ranks better than that of standard retraining`,
    paper: 'ConvAI2, first version: 45.8 against 41.5 at rank 8',
    measured: { gain },
    criterion: 'on average over tasks and repeats',
    holds: gain.mean > 0,
  });
}

const over = (all: readonly Scores[], read: (each: Scores) => number): Summary => summarize(all.map(read));

async function convai(dataDir: string) {
  try {
    return (await loadConvai2(dataDir)).dialogues;
  } catch (error) {
    if (isLabError(error) && error.code === 'missing') return undefined;
    throw error;
  }
}

interface TrialOptions<Params> extends Settings {
  readonly scorer: TextScorer<Params>;
  readonly signal: AbortSignal;
}

/** One comparison on any scorer; RoBERTa takes the same way as the sentence encoder. */
export async function trial<Params>(
  key: Key,
  authors: readonly Author[],
  { scorer, tasks: [old, fresh], candidates, length, groups, epochs, rank, signal }: TrialOptions<Params>,
  progress: (part: number, label: string) => void,
): Promise<Scores> {
  const chosen = authors.slice(0, old + fresh);
  const order = permutation(foldIn(key, 0), chosen.length);
  const isCompiled = chooseExecution() === 'compiled';
  const scoring = isCompiled ? compile(topOne(scorer)) : undefined;
  const owned: TableBatch[] = [];
  const taskOf = (place: number, count: number): Task<Params, TableBatch> => {
    const author = chosen[order[place]!]!;
    const others = (part: 'train' | 'held'): string[] =>
      chosen.flatMap((each) => (each === author ? [] : each[part]));
    const draw = (part: 'train' | 'held', number: number): TableBatch => {
      const drawn = drawGroups(
        foldIn(foldIn(key, place + 1), part === 'train' ? 0 : 1),
        author[part],
        others(part),
        {
          groups: number,
          candidates,
        },
      );
      const batch = encodeGroups(scorer, drawn, length);
      owned.push(batch);
      return batch;
    };
    return rankingTask({
      id: author.id,
      train: draw('train', count),
      held: draw('held', groups[2]),
      batchSize: 8,
      accuracy: scoring ?? topOne(scorer),
    });
  };
  const bases: Partial<Record<(typeof names)[number], Params>> = {};
  try {
    const common = {
      params: scorer.params,
      tasks: Array.from({ length: old }, (_, place) => taskOf(place, groups[0])),
      loss: rankingLoss(scorer),
      key: foldIn(key, 100),
      step: 'per-task' as const,
      signal,
      epochs: epochs[0],
      optimizer: adamw({ learningRate: 1e-4 }),
    };
    const slots = bothSlots(
      loraSlots({ targets: scorer.targets, rank, alpha: 2 * rank, form: 'beside' }),
      headSlots({ targets: scorer.head }),
    );
    const meta = await metaRetrain({
      ...common,
      slots,
      slotOptimizer: adamw({ learningRate: 1e-3 }),
      onStep: ({ fraction }) => progress(0.4 * fraction, 'LoRA-ML'),
    });
    disposeTree(meta.slots);
    bases['LoRA-ML'] = meta.params;
    const pooled = await standardRetrain({
      ...common,
      onStep: ({ fraction }) => progress(0.4 + 0.25 * fraction, 'standard retraining'),
    });
    bases.standard = pooled.params;
    bases['no retraining'] = cloneTree(scorer.params);
    const scores = await compareBases({
      bases: bases,
      tasks: Array.from({ length: fresh }, (_, place) => taskOf(old + place, groups[1])),
      loss: common.loss,
      slots,
      optimizer: adamw({ learningRate: 1e-3 }),
      epochs: epochs[1],
      key: foldIn(key, 101),
      signal,
      onStep: ({ fraction }) => progress(0.65 + 0.3 * fraction, 'fine-tuning'),
    });
    const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    return Object.fromEntries(
      names.map((name) => [name, { before: mean(scores[name]!.before), after: mean(scores[name]!.after) }]),
    ) as Scores;
  } finally {
    scoring?.dispose();
    disposeTree([owned, Object.values(bases)]);
  }
}
