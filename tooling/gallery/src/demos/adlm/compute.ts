import { anchorGuesses, decidedAt, type Adlm, type AnchoredParams } from '@lab/adlm';
import { firstHitting } from '@lab/diffusion-core/discrete';
import { disposeTree, loadTree } from '@lab/tensor-core';
import { readSafetensors } from '@lab/tensor-core/io';
import { key } from '@lab/tensor-core/random';
import weights from 'virtual:gallery/weights';
import { startEngine } from '../../worker/engine';
import type { RunContext } from '../../worker/protocol';
import { idOf, isSentence, length, tokens, words } from './language';
import { sentenceModel } from './model';

export interface UnmaskInput {
  /** Words that are given, by place; null starts as a mask. */
  readonly given: readonly (string | null)[];
  /** Sequences that are drawn. */
  readonly count: number;
  readonly seed: number;
}

type Words = readonly (string | null)[];

/** The first sequence at one step. */
export interface Frame {
  /** Null is a mask. */
  readonly words: Words;
  /** What the anchor network holds for the likeliest at each place. */
  readonly guesses: readonly string[];
}

export interface UnmaskProgress {
  readonly done: number;
  readonly frames: readonly Frame[];
}

export interface UnmaskResult {
  readonly frames: readonly Frame[];
  /** Step from which on the anchor network's guess was the final word, for each place. */
  readonly decided: readonly number[];
  readonly samples: readonly { readonly words: Words; readonly isSentence: boolean }[];
  /** A bound of the model's perplexity a word on the language. */
  readonly perplexity: number;
  readonly parameters: number;
  readonly modelCalls: number;
}

let loaded: Promise<{ readonly model: Adlm; readonly params: AnchoredParams }> | undefined;

/** Fills masks word by word, and watches what the anchor network expects meanwhile. */
export async function run(
  { given, count, seed }: UnmaskInput,
  { engine, signal, report }: RunContext<UnmaskProgress>,
): Promise<UnmaskResult> {
  await startEngine(engine);
  loaded ??= load();
  const { model, params } = await loaded;
  const { maskId } = model;
  const start = Int32Array.from({ length }, (_, place) => {
    const word = given[place] ?? null;
    return word === null ? maskId : idOf(word);
  });

  const frames: Frame[] = [];
  const history: Int32Array[] = [];
  const look = async (ids: Int32Array): Promise<void> => {
    const guesses = await anchorGuesses(model, params, { shape: [1, length], data: ids });
    history.push(guesses);
    frames.push({ words: wordsOf(ids, maskId), guesses: Array.from(guesses, (id) => words[id] ?? '') });
  };
  await look(start);
  const data = Int32Array.from({ length: count * length }, (_, i) => start[i % length]!);
  const { samples, modelCalls } = await model.sample(params, {
    ...{ init: { shape: [count, length], data }, solver: firstHitting(), key: key(seed), signal },
    onStep: async ({ index, steps, tokens: now }) => {
      await look(Int32Array.from(now.data.subarray(0, length)));
      report({ done: (index + 1) / steps, frames: [...frames] });
    },
  });
  const final = Int32Array.from(samples.data);
  const drawn = Array.from({ length: count }, (_, i) =>
    wordsOf(final.subarray(i * length, (i + 1) * length), maskId),
  );
  const { perplexity } = await model.likelihood(params, tokens, { samples: 2, key: key(1) });
  return {
    frames,
    decided: Array.from(decidedAt(history, final.subarray(0, length))),
    samples: drawn.map((each) => ({ words: each, isSentence: isSentence(each) })),
    ...{ perplexity, modelCalls, parameters: model.size },
  };
}

async function load() {
  const response = await fetch(weights.sentences.source!);
  const { tensors } = readSafetensors(new Uint8Array(await response.arrayBuffer()));
  const model = sentenceModel();
  const like = model.init(key(0));
  try {
    return { model, params: loadTree(like, tensors) };
  } finally {
    disposeTree(like);
  }
}

function wordsOf(ids: Int32Array, maskId: number): Words {
  return Array.from(ids, (id) => (id === maskId ? null : words[id]!));
}
