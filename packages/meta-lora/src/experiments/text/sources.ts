import type { TextDataset, PersonaDialogue } from '@lab/datasets/text';
import { foldIn, permutation, randint, type Key } from '@lab/tensor-core/random';
import type { Candidates } from './ranking';

/** One author, or persona, with what is his in two parts that share no document. */
export interface Author {
  readonly id: string;
  readonly train: readonly string[];
  readonly held: readonly string[];
}

/** Presidents with at least two addresses, by the number of passages; the last fifth of their addresses is held out. */
export function presidents(dataset: TextDataset): Author[] {
  const byName = new Map<string, string[]>();
  for (const { author = '', text } of dataset.documents)
    byName.set(author, [...(byName.get(author) ?? []), text]);
  return [...byName]
    .filter(([, texts]) => texts.length >= 2)
    .map(([id, texts]) => {
      const cut = Math.min(texts.length - 1, Math.ceil(0.8 * texts.length));
      return { id, train: texts.slice(0, cut).flatMap(sentences), held: texts.slice(cut).flatMap(sentences) };
    })
    .sort(
      (a, b) => b.train.length + b.held.length - a.train.length - a.held.length || (a.id < b.id ? -1 : 1),
    );
}

/** Sentences of 8 to 40 words. */
function sentences(text: string): string[] {
  return text
    .replace(/\s+/g, ' ')
    .split(/(?<=[.;?!]) (?=[A-Z])/)
    .filter((sentence) => {
      const words = sentence.split(' ').length;
      return words >= 8 && words <= 40;
    });
}

/** Personas with more than one dialogue, by their number of turns; the last dialogue is held out. */
export function personas(dialogues: readonly PersonaDialogue[]): Author[] {
  const byPersona = new Map<string, PersonaDialogue[]>();
  for (const dialogue of dialogues) {
    const id = [...dialogue.persona].sort().join(' ');
    byPersona.set(id, [...(byPersona.get(id) ?? []), dialogue]);
  }
  const repliesOf = (all: readonly PersonaDialogue[]): string[] =>
    all.flatMap(({ turns }) => turns.map(({ reply }) => reply));
  return [...byPersona]
    .filter(([, all]) => all.length > 1)
    .map(([id, all]) => ({ id, train: repliesOf(all.slice(0, -1)), held: repliesOf(all.slice(-1)) }))
    .sort((a, b) => b.train.length - a.train.length || (a.id < b.id ? -1 : 1));
}

/** Groups of candidates: a text of the author's, then texts of others, all drawn without looking at them. */
export function drawGroups(
  key: Key,
  own: readonly string[],
  others: readonly string[],
  { groups, candidates }: { readonly groups: number; readonly candidates: number },
): Candidates[] {
  const order = permutation(foldIn(key, 0), own.length);
  const wrong = randint(foldIn(key, 1), groups * (candidates - 1), { high: others.length });
  return Array.from({ length: groups }, (_, g) => [
    own[order[g % own.length]!]!,
    ...Array.from({ length: candidates - 1 }, (_, c) => others[wrong[g * (candidates - 1) + c]!]!),
  ]);
}
