import { foldIn, type Key } from '@lab/tensor-core/random';
import { lockedIn, maskTokens, sampleTokens, type TokenArray } from '@lab/diffusion-core/discrete';
import { anchorGuesses, decidedAt } from '../../inspection/anchor-order';
import type { Adlm } from '../../model/adlm';
import type { AnchoredParams } from '../../network/anchored-network';
import type { KeywordGrammar } from '../shared/keyword-grammar';

export interface Shares {
  readonly keywords: number;
  readonly leaves: number;
  readonly functions: number;
}

type Kind = keyof Shares;

const kinds: readonly Kind[] = ['keywords', 'leaves', 'functions'];

function kindOf(grammar: KeywordGrammar, id: number): Kind {
  if (grammar.isKeyword(id)) return 'keywords';
  return grammar.isLeaf(id) ? 'leaves' : 'functions';
}

/** How often the anchor network's likeliest token is the true one where half of the tokens are masked. */
export async function anchorAccuracy(
  model: Adlm,
  params: AnchoredParams,
  {
    grammar,
    tokens,
    key,
  }: { readonly grammar: KeywordGrammar; readonly tokens: TokenArray; readonly key: Key },
): Promise<Shares> {
  const { maskId } = model;
  const noisy = maskTokens(tokens, {
    maskId,
    alpha: Array.from({ length: tokens.shape[0]! }, () => 0.5),
    key,
  });
  const guesses = await anchorGuesses(model, params, noisy);
  return shares((kind) => {
    const places = [...tokens.data.keys()].filter(
      (at) => noisy.data[at] === maskId && kindOf(grammar, tokens.data[at]!) === kind,
    );
    return places.filter((at) => guesses[at] === tokens.data[at]).length / places.length;
  });
}

/** For each step of sampling, the share of tokens of a kind that the anchor network has decided. */
export async function anchorsDecided(
  model: Adlm,
  params: AnchoredParams,
  {
    grammar,
    steps,
    batch,
    key,
  }: { readonly grammar: KeywordGrammar; readonly steps: number; readonly batch: number; readonly key: Key },
): Promise<Shares[]> {
  const denoiser = model.denoiser(params);
  const history: Int32Array[] = [];
  const start = {
    shape: [batch, grammar.length],
    data: new Int32Array(batch * grammar.length).fill(model.maskId),
  };
  try {
    history.push(await anchorGuesses(model, params, start));
    const { samples } = await sampleTokens(denoiser, {
      init: start,
      solver: lockedIn(),
      steps,
      key: foldIn(key, 0),
      onStep: async ({ tokens }) => void history.push(await anchorGuesses(model, params, tokens)),
    });
    const decided = decidedAt(history.slice(0, -1), samples.data);
    return Array.from({ length: steps }, (_, step) =>
      shares((kind) => {
        const places = [...samples.data.keys()].filter((at) => kindOf(grammar, samples.data[at]!) === kind);
        return places.filter((at) => decided[at]! <= step).length / Math.max(1, places.length);
      }),
    );
  } finally {
    denoiser.dispose?.();
  }
}

const shares = (share: (kind: Kind) => number): Shares =>
  Object.fromEntries(kinds.map((kind) => [kind, share(kind)])) as unknown as Shares;
