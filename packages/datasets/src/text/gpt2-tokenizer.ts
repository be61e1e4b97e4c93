import { LabError } from '@lab/tensor-core/errors';
import { checkId, type Tokenizer } from './tokenizer';

/**
 * GPT-2's byte-pair encoding of 50,257 ids, of which 50256 ends texts, and after them the mask, 50257. The vocabulary (half
 * a megabyte, from the npm package `js-tiktoken`) is loaded by the first call.
 *
 * @throws LabError `missing` when js-tiktoken is not installed
 */
export async function gpt2Tokenizer(): Promise<Tokenizer> {
  const { Tiktoken, ranks } = await load();
  const encoding = new Tiktoken(ranks);
  const [eosId, maskId] = [50256, 50257];
  const self = { name: 'gpt2', vocabSize: 50258 };
  const special = new Map([
    [eosId, '<|endoftext|>'],
    [maskId, '[MASK]'],
  ]);
  return {
    ...self,
    maskId,
    eosId,
    bosId: eosId,
    // What looks like a special token in a text is text.
    encode: (text) => Int32Array.from(encoding.encode(text, [], [])),
    decode(ids) {
      let [text, run] = ['', [] as number[]];
      for (const id of Array.from(ids)) {
        const shown = special.get(checkId(id, self));
        if (shown === undefined) run.push(id);
        else [text, run] = [text + encoding.decode(run) + shown, []];
      }
      return text + encoding.decode(run);
    },
    token: (id) => special.get(checkId(id, self)) ?? encoding.decode([id]),
  };
}

async function load() {
  try {
    const [{ Tiktoken }, { default: ranks }] = await Promise.all([
      import('js-tiktoken/lite'),
      import('js-tiktoken/ranks/gpt2'),
    ]);
    return { Tiktoken, ranks };
  } catch (cause) {
    throw new LabError(
      'missing',
      'gpt2Tokenizer: js-tiktoken, which holds the vocabulary, is not installed',
      {
        argument: 'js-tiktoken',
        hint: 'npm install js-tiktoken',
        cause,
      },
    );
  }
}
