import {
  barFigure,
  claim,
  defineExperiment,
  pairedDifference,
  repeat,
  summarize,
  type Claim,
  type ExperimentOutput,
  type RunContext,
  type Summary,
} from '@lab/experiment';
import { loadConvai2, loadStateOfTheUnion } from '@lab/datasets/node';
import { disposeTree, engine } from '@lab/tensor-core';
import { isLabError } from '@lab/tensor-core/errors';
import { sentenceScorer } from './scorer';
import { personas, presidents, type Author } from './sources';
import { bases, trial, type RankingSettings, type Scores } from './trial';

interface Settings extends RankingSettings {
  readonly repeats: number;
}

/** What the second version's scripts use: batches of eight, ten epochs each, one step a batch, its learning rates and adapters. */
const paper = {
  groups: [120, 40, 100],
  batchSize: 8,
  step: 'per-task',
  epochs: [10, 10],
  rates: [5e-5, 5e-5, 1e-4],
  rank: 8,
  dropout: 0.1,
} as const;

/** A few dozen steps of all tasks at once, with rates that go as far in them as the paper's do in its thousands. */
const scaled = {
  batchSize: 8,
  step: 'accumulate',
  rates: [3e-4, 3e-3, 3e-3],
  rank: 4,
  dropout: 0,
} as const;

const tour = { repeats: 1, tasks: [2, 2], candidates: [2, 3], length: 12, ...scaled } as const;

/** Persona tasks on a pretrained transformer that npm carries. */
export const authors = defineExperiment<Settings>({
  id: 'authors',
  paper: 'meta-lora',
  title: 'Language: whose sentence is it?',
  summary:
    'The pretrained sentence encoder ranks candidates by whether they are of one author; every author is a task, and the tasks contradict ' +
    'each other on the same sentences. It is retrained on some presidents of the United States by LoRA-ML and by standard retraining, then ' +
    'fine-tuned to new ones by LoRA on all query, key, value, output and feed-forward matrices.',
  data: ['sotu'],
  scales: {
    tour: { ...tour, groups: [8, 4, 8], epochs: [1, 1] },
    quick: {
      ...scaled,
      repeats: 1,
      tasks: [4, 4],
      candidates: [2, 4],
      length: 12,
      groups: [64, 16, 32],
      epochs: [2, 5],
    },
    full: { ...paper, repeats: 5, tasks: [10, 10], candidates: [20, 20], length: 48 },
  },
  run: async (context) => compare(context, 'presidents', presidents(await loadStateOfTheUnion())),
});

/** The same on the paper's own kind of data. */
export const dialogues = defineExperiment<Settings>({
  id: 'dialogues',
  paper: 'meta-lora',
  title: 'Language: whose reply is it?',
  summary:
    'The experiment of the paper on ConvAI2: a persona is a task, and its reply to a dialogue so far is to be found among those of others. ' +
    'The network is the pretrained sentence encoder. It needs convai2-valid.txt in the data folder (--data-dir) and says so where it is not there.',
  data: ['convai2'],
  scales: {
    tour: { ...tour, groups: [8, 4, 8], epochs: [1, 1] },
    quick: {
      ...scaled,
      repeats: 1,
      tasks: [4, 4],
      candidates: [2, 4],
      length: 24,
      groups: [48, 16, 40],
      epochs: [3, 6],
    },
    full: { ...paper, repeats: 5, tasks: [10, 10], candidates: [20, 20], length: 96 },
  },
  async run(context) {
    const found = context.dataDir === undefined ? undefined : await convai(context.dataDir);
    if (found) return compare(context, 'personas', personas(found, { tokens: context.settings.length }));
    context.log('left out: there is no data folder with convai2-valid.txt (--data-dir)');
    return { claims: [], tables: [], figures: [] };
  },
});

async function convai(dataDir: string) {
  try {
    return (await loadConvai2(dataDir)).dialogues;
  } catch (error) {
    if (isLabError(error) && error.code === 'missing') return undefined;
    throw error;
  }
}

async function compare(
  context: RunContext<Settings>,
  name: string,
  all: readonly Author[],
): Promise<ExperimentOutput> {
  const { settings, signal } = context;
  await engine();
  const scorer = await sentenceScorer();
  let found: Scores[];
  try {
    found = await repeat(context, settings.repeats, ({ key, progress }) =>
      trial(key, all.slice(0, settings.tasks[0] + settings.tasks[1]), {
        ...settings,
        scorer,
        signal,
        progress,
      }),
    );
  } finally {
    disposeTree(scorer.params);
  }
  const after = (base: (typeof bases)[number]): Summary => over(found, (each) => each[base].after);
  return {
    // One repeat has no interval, and differences of single ones are noise
    claims: found.length >= 3 ? [gainClaim(name, found)] : [],
    tables: [
      {
        id: name,
        title: `Top-1 accuracy on new ${name} among ${settings.candidates[1]} candidates`,
        columns: ['base', 'before fine-tuning', 'after'],
        rows: bases.map((base) => [base, over(found, (each) => each[base].before), after(base)]),
        note: `Repeats: ${settings.repeats}; tasks for retraining: ${settings.tasks[0]}, new: ${settings.tasks[1]}; chance is ${(1 / settings.candidates[1]).toFixed(2)}.`,
      },
    ],
    figures: [
      barFigure({
        id: name,
        title: `Top-1 accuracy on new ${name} after fine-tuning`,
        caption: 'The same fresh LoRA, batches and steps from every base.',
        bars: bases.map((base) => ({ category: base, value: after(base).mean })),
        value: { title: 'accuracy', zero: true },
      }),
    ],
  };
}

function gainClaim(name: string, found: readonly Scores[]): Claim {
  const read = (base: (typeof bases)[number]): number[] => found.map((each) => each[base].after);
  const gain = pairedDifference(read('LoRA-ML'), read('standard'));
  return claim({
    id: `meta-beats-standard-${name}`,
    statement: `After the same LoRA fine-tuning on new ${name}, the LoRA-ML base ranks better than that of standard retraining`,
    paper: 'ConvAI2, first version: 45.8 against 41.5 at rank 8',
    measured: { gain },
    criterion: 'the 95% interval over repeats lies above 0',
    holds: gain.low > 0,
  });
}

const over = (all: readonly Scores[], read: (each: Scores) => number): Summary => summarize(all.map(read));
