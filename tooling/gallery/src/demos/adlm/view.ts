import { choice, slider } from '../../page/controls';
import { h } from '../../page/element';
import { anyView, type View } from '../../page/view';
import type { Frame, UnmaskInput, UnmaskProgress, UnmaskResult } from './compute';
import { contentWords, opening, sentences } from './language';

const anyWord = '(mask)';
const places = ['time', 'the', 'kind', 'who', 'does', 'the', 'what'];
const isAnchor = (word: string | null): boolean => word !== null && contentWords.includes(word);

/** The anchor network's guess, where it has one to make. */
function expected(word: string | null, guess: string): Node[] {
  if (word !== null && !isAnchor(word)) return [];
  return [h('span', { class: 'hidden' }, 'expected: '), document.createTextNode(guess)];
}

export const create = anyView(({ changed }): View<UnmaskInput, UnmaskProgress, UnmaskResult> => {
  const given = places.map((place, i) => {
    const words = [...new Set(sentences.map((sentence) => sentence[i + 1]!))];
    const options = Object.fromEntries([anyWord, ...words].map((word) => [word, word]));
    return choice({ label: `Given: ${place}`, options, value: anyWord, onInput: changed });
  });
  const open = given.filter((_, i) => places[i] !== 'the');
  const seed = slider({ label: 'Seed', min: 0, max: 99, step: 1, value: 0, onInput: changed });
  let frames: readonly Frame[] = [];
  let decided: readonly number[] | undefined;
  const at = slider({
    ...{ label: 'Step shown', min: 0, max: 7, step: 1, value: 7, onInput: () => draw() },
    format: (step) => (frames.length === 0 ? '\u2013' : `${step} of ${frames.length - 1}`),
  });

  const sequence = h('ol', { class: 'tokens' });
  const list = h('ul', { class: 'sentences' });
  const figures = [
    h(
      'figure',
      {},
      h('figcaption', { class: 'figure-title' }, 'A sentence as it is unmasked'),
      sequence,
      h(
        'p',
        { class: 'figure-note' },
        'Underlined words are anchors, those that carry the content. Below them and below masks is what the anchor network expects; it was trained on anchors alone, so at a place of another word its guess is only the likeliest anchor.',
      ),
    ),
    h('figure', {}, h('figcaption', { class: 'figure-title' }, 'All that were drawn'), list),
  ];
  const draw = (): void => {
    const frame = frames[Math.min(at.value, frames.length - 1)];
    if (!frame) return;
    sequence.replaceChildren(
      ...frame.words.map((word, place) =>
        h(
          'li',
          { class: `token${word === null ? ' masked' : ''}${isAnchor(word) ? ' anchor' : ''}` },
          h('span', { class: 'word' }, word ?? 'mask'),
          h('span', { class: 'guess' }, ...expected(word, frame.guesses[place]!)),
        ),
      ),
    );
  };
  const show = (now: readonly Frame[]): void => {
    frames = now;
    at.limit(now.length - 1);
    draw();
  };

  return {
    controls: [...open.map(({ root }) => root), seed.root, at.root],
    figures,
    input: () => ({
      given: [opening, ...given.map(({ value }) => (value === anyWord ? null : value))],
      count: 12,
      seed: seed.value,
    }),
    progress({ done, frames: now }) {
      show(now);
      return { done, text: `Step ${now.length - 1}` };
    },
    result({ frames: now, decided: when, samples, perplexity, parameters, modelCalls }) {
      decided = when;
      show(now);
      list.replaceChildren(
        ...samples.map(({ words, isSentence }) =>
          h(
            'li',
            { class: isSentence ? 'right' : 'wrong' },
            words.slice(1).join(' '),
            h('span', { class: 'muted' }, isSentence ? '' : ' (not in the language)'),
          ),
        ),
      );
      const right = samples.filter(({ isSentence }) => isSentence).length;
      const last = now.at(-1)!.words;
      const early = last
        .map((word, place) => `${word ?? ''} at ${decided![place]}`)
        .filter((_, place) => isAnchor(last[place]!));
      return `${right} of ${samples.length} are sentences of the language, which has 54. The anchor network had settled on ${early.join(', ')} (steps). Perplexity a word at most ${perplexity.toFixed(2)}; ${parameters.toLocaleString('en')} weights, ${modelCalls} calls.`;
    },
  };
});
