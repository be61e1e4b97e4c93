import type { TextDataset, PersonaDialogue } from '@lab/datasets/text';
import { foldIn, permutation, randint, type Key } from '@lab/tensor-core/random';
import type { Candidates } from './ranking';

/** One author, or persona, with what is his in two parts that share no document. */
export interface Author {
  readonly id: string;
  readonly train: readonly Utterance[];
  readonly held: readonly Utterance[];
}

/** What an author wrote, and what it answers where it is a reply. */
export interface Utterance {
  readonly text: string;
  readonly context?: string;
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
      const utterances = (part: readonly string[]): Utterance[] =>
        part.flatMap(sentences).map((text) => ({ text }));
      return { id, train: utterances(texts.slice(0, cut)), held: utterances(texts.slice(cut)) };
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

export interface PersonasOptions {
  /** Tokens of a text: of what was said before, as many of the last words are kept as leave half of them to the reply. */
  readonly tokens: number;
}

/**
 * Personas with more than one dialogue, by their number of turns; the last dialogue is held out, and two of four and more. The context of
 * a reply is all that was said before it.
 */
export function personas(dialogues: readonly PersonaDialogue[], { tokens }: PersonasOptions): Author[] {
  const byPersona = new Map<string, PersonaDialogue[]>();
  for (const dialogue of dialogues) {
    const id = [...dialogue.persona].sort().join(' ');
    byPersona.set(id, [...(byPersona.get(id) ?? []), dialogue]);
  }
  // A word is 1.3 pieces or so.
  const words = Math.floor(tokens / 2 / 1.3);
  const repliesOf = (all: readonly PersonaDialogue[]): Utterance[] =>
    all.flatMap(({ turns }) =>
      turns.map(({ said, reply }, t) => {
        const before = [...turns.slice(0, t).flatMap((turn) => [turn.said, turn.reply]), said];
        return { text: reply, context: before.join(' ').split(' ').slice(-words).join(' ') };
      }),
    );
  return [...byPersona]
    .filter(([, all]) => all.length > 1)
    .map(([id, all]) => {
      const cut = all.length - (all.length >= 4 ? 2 : 1);
      return { id, train: repliesOf(all.slice(0, cut)), held: repliesOf(all.slice(cut)) };
    })
    .sort((a, b) => b.train.length - a.train.length || (a.id < b.id ? -1 : 1));
}

/** Groups of candidates in one context: a text of the author's, then texts of others, all drawn without looking at them. */
export function drawGroups(
  key: Key,
  own: readonly Utterance[],
  others: readonly Utterance[],
  { groups, candidates }: { readonly groups: number; readonly candidates: number },
): Candidates[] {
  const order = permutation(foldIn(key, 0), own.length);
  const wrong = randint(foldIn(key, 1), groups * (candidates - 1), { high: others.length });
  return Array.from({ length: groups }, (_, g) => {
    const { text, context } = own[order[g % own.length]!]!;
    const texts = Array.from(
      { length: candidates - 1 },
      (_each, c) => others[wrong[g * (candidates - 1) + c]!]!.text,
    );
    return [text, ...texts].map((each) => (context === undefined ? each : `${context} ${each}`));
  });
}
