import {
  adamw,
  chooseExecution,
  cloneTree,
  disposeTree,
  linearDecay,
  warmup,
  type GradientTransformation,
} from '@lab/tensor-core';
import { compile } from '@lab/tensor-core/compile';
import { foldIn, permutation, type Key } from '@lab/tensor-core/random';
import { standardRetrain } from '../../baselines';
import { compareBases, metaRetrain } from '../../retrain';
import { bothSlots, headSlots, loraSlots } from '../../slots';
import type { TableBatch, Task } from '../../training';
import { encodeGroups, rankingLoss, rankingTask, topOne } from './ranking';
import type { TextScorer } from './scorer';
import { drawGroups, type Author } from './sources';

export const bases = ['LoRA-ML', 'standard', 'no retraining'] as const;
/** Top-1 accuracy on new authors, before and after fine-tuning, by base. */
export type Scores = Record<(typeof bases)[number], { readonly before: number; readonly after: number }>;

export interface RankingSettings {
  /** Tasks of the retraining, and new ones. */
  readonly tasks: readonly [old: number, fresh: number];
  /** Texts of a group: in training, and where accuracy is measured. */
  readonly candidates: readonly [train: number, held: number];
  /** Tokens of a text. */
  readonly length: number;
  /** Groups of candidates of each task: for retraining, for fine-tuning, and held out. */
  readonly groups: readonly [train: number, tune: number, held: number];
  /** Groups of a batch. */
  readonly batchSize: number;
  readonly step: 'per-task' | 'accumulate';
  readonly epochs: readonly [retrain: number, tune: number];
  /** Largest learning rates of AdamW: the base in retraining, its slots, and the slots in fine-tuning. */
  readonly rates: readonly [base: number, slots: number, tune: number];
  readonly rank: number;
  /** Dropout of the adapters' inputs. */
  readonly dropout: number;
}

export interface TrialOptions<Params> extends RankingSettings {
  readonly scorer: TextScorer<Params>;
  readonly signal: AbortSignal;
  readonly progress: (part: number, label: string) => void;
}

/** One comparison on any scorer; RoBERTa takes the same way as the sentence encoder. */
export async function trial<Params>(
  key: Key,
  authors: readonly Author[],
  options: TrialOptions<Params>,
): Promise<Scores> {
  const { scorer, tasks, candidates, length, groups, batchSize, epochs, rates, rank, dropout } = options;
  const { step, signal, progress } = options;
  const [old, fresh] = tasks;
  const order = permutation(foldIn(key, 0), Math.min(old + fresh, authors.length));
  const chosen = Array.from(order, (place) => authors[place]!);
  const scoring = chooseExecution() === 'compiled' ? compile(topOne(scorer)) : undefined;
  const owned: TableBatch[] = [];
  const taskOf = (place: number, count: number): Task<Params, TableBatch> => {
    const author = chosen[place]!;
    // Retraining never sees a text of a new author, not even as a wrong candidate.
    const known = place < old ? chosen.slice(0, old) : chosen;
    const draw = (part: 'train' | 'held', number: number): TableBatch => {
      const isTrain = part === 'train';
      const drawn = drawGroups(
        foldIn(foldIn(key, place + 1), isTrain ? 0 : 1),
        author[part],
        known.flatMap((each) => (each === author ? [] : each[part])),
        { groups: number, candidates: candidates[isTrain ? 0 : 1] },
      );
      const batch = encodeGroups(scorer, drawn, length);
      owned.push(batch);
      return batch;
    };
    return rankingTask({
      id: author.id,
      train: draw('train', count),
      held: draw('held', groups[2]),
      batchSize,
      accuracy: scoring ?? topOne(scorer),
    });
  };
  const made: Partial<Record<(typeof bases)[number], Params>> = {};
  try {
    const own = epochs[0] * Math.ceil(groups[0] / batchSize);
    const common = {
      params: scorer.params,
      tasks: Array.from({ length: old }, (_, place) => taskOf(place, groups[0])),
      loss: rankingLoss(scorer),
      key: foldIn(key, 100),
      step,
      signal,
      epochs: epochs[0],
      optimizer: scheduled(rates[0], step === 'accumulate' ? own : own * old),
    };
    const slots = bothSlots(
      loraSlots({ targets: scorer.targets, rank, alpha: 2 * rank, form: 'beside', dropout }),
      headSlots({ targets: scorer.head }),
    );
    const meta = await metaRetrain({
      ...common,
      slots,
      slotOptimizer: scheduled(rates[1], own),
      onStep: ({ fraction }) => progress(0.4 * fraction, 'LoRA-ML'),
    });
    disposeTree(meta.slots);
    made['LoRA-ML'] = meta.params;
    const pooled = await standardRetrain({
      ...common,
      onStep: ({ fraction }) => progress(0.4 + 0.25 * fraction, 'standard retraining'),
    });
    made.standard = pooled.params;
    made['no retraining'] = cloneTree(scorer.params);
    const found = await compareBases({
      bases: made,
      tasks: Array.from({ length: chosen.length - old }, (_, place) => taskOf(old + place, groups[1])),
      loss: common.loss,
      slots,
      optimizer: scheduled(rates[2], epochs[1] * Math.ceil(groups[1] / batchSize)),
      epochs: epochs[1],
      key: foldIn(key, 101),
      signal,
      onStep: ({ fraction }) => progress(0.65 + 0.3 * fraction, 'fine-tuning'),
    });
    const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    return Object.fromEntries(
      bases.map((name) => [name, { before: mean(found[name]!.before), after: mean(found[name]!.after) }]),
    ) as Scores;
  } finally {
    scoring?.dispose();
    disposeTree([owned, Object.values(made)]);
  }
}

/** AdamW whose rate grows over a tenth of the steps, then falls in a straight line to 0. */
function scheduled(peak: number, steps: number): GradientTransformation {
  const rise = Math.max(1, Math.round(steps / 10));
  const fall = linearDecay({ from: peak, steps: Math.max(1, steps - rise) });
  return adamw({ learningRate: warmup(fall, { steps: rise, from: peak / rise }) });
}
