import type { Tokenizer } from '@lab/datasets/text';
import type { TokenArray, TokenStep } from '@lab/diffusion-core/discrete';
import { anchorGuesses, decidedAt } from '../inspection/anchor-order';
import { anchoredParams, type LoadedModel } from './model-folder';

/** A sequence in the making, for people: what is still masked is a low line. */
export function shown(tokens: ArrayLike<number>, tokenizer: Tokenizer): string {
  return Array.from(tokens, (id) => (id === tokenizer.maskId ? '▁' : tokenizer.token(id)))
    .join('')
    .replaceAll('\n', '⏎');
}

/** Collects what the anchor network would have said before every step, for the first sequence. */
export function watchAnchors(loaded: LoadedModel, start: TokenArray) {
  const length = start.shape[1]!;
  const { anchored, tokenizer } = loaded;
  const history: Int32Array[] = [];
  const look = async (tokens: Int32Array): Promise<void> => {
    if (!anchored) return;
    const first = { shape: [1, length], data: tokens.slice(0, length) };
    history.push(await anchorGuesses(anchored, anchoredParams(loaded), first));
  };
  return {
    look,
    onStep: async ({ tokens }: Pick<TokenStep, 'tokens'>): Promise<void> => look(tokens.data),
    /** Tokens of the first sequence in the order in which the anchor network decided them, given ones left out. */
    report(final: Int32Array): string {
      const steps = decidedAt(history.slice(0, -1), final);
      const places = [...steps.keys()].filter((place) => start.data[place] === tokenizer.maskId);
      places.sort((a, b) => steps[a]! - steps[b]! || a - b);
      const groups = new Map<number, string[]>();
      for (const place of places) {
        const own = groups.get(steps[place]!) ?? [];
        own.push(JSON.stringify(tokenizer.token(final[place]!)));
        groups.set(steps[place]!, own);
      }
      const last = history.length - 1;
      return [...groups]
        .map(([step, words]) => `${step >= last ? 'never' : `from step ${step + 1}`}: ${words.join(' ')}\n`)
        .join('');
    },
  };
}
