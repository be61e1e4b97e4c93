import type { CommandArgs } from '@lab/experiment';
import { listOption } from '@lab/experiment/cli';
import type { StableDiffusionPipeline } from '@lab/models/stable-diffusion';
import { LabError } from '@lab/tensor-core/errors';
import { refinement, reweighted, wordSwap, type PromptEdit } from '../editing';

type Reader = Pick<StableDiffusionPipeline, 'tokenizer' | 'length'>;

/**
 * How two texts differ: as many words are a swap, other numbers a refinement; `--weigh` multiplies the attention to words of the target.
 *
 * @throws LabError `argument` for a word to weigh that is not in the target, `shape` for a text that is too long
 */
export function promptEditOf(
  args: CommandArgs,
  { tokenizer, length }: Reader,
  { source, target }: { readonly source: string; readonly target: string },
): PromptEdit {
  const tokensOf = (text: string): number[][] =>
    wordsOf(text).map((word) => tokenizer.ids(word, { special: false }));
  const [from, to] = [tokensOf(source), tokensOf(target)];
  const edit =
    from.length === to.length
      ? wordSwap(from, to, { length })
      : refinement(from.flat(), to.flat(), { length });
  const factors: Record<number, number> = {};
  for (const each of listOption(args, 'weigh') ?? []) {
    const [word = '', factor = ''] = each.split(':');
    const at = wordsOf(target).indexOf(word);
    if (at < 0 || factor === '' || !(Number(factor) >= 0))
      throw new LabError('argument', '--weigh is WORD:FACTOR, of words of the target', {
        argument: '--weigh',
        received: each,
        expected: wordsOf(target).join(', '),
      });
    // Behind the beginning of the text and the words before.
    const first = 1 + to.slice(0, at).flat().length;
    to[at]!.forEach((_, i) => (factors[first + i] = Number(factor)));
  }
  return reweighted(edit, factors);
}

const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');
