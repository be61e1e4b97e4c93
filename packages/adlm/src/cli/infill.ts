import { engineFlags, numberOption, startEngine } from '@lab/experiment/cli';
import type { CommandArgs, CommandIo, PaperCommand } from '@lab/experiment';
import type { Tokenizer } from '@lab/datasets/text';
import type { TokenArray } from '@lab/diffusion-core/discrete';
import { disposeTree } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { isAutoregressive, loadModel } from './model-folder';
import { countOption, modelOption, samplerFlags, samplerOptions } from './sampler-options';

/** `lab adlm infill`: what could stand in the gaps of a text. */
export const infill: PaperCommand = {
  name: 'infill',
  summary: 'Fill the gaps of a text',
  description:
    'Every ___ of the text is filled, with what stands around it in view, to its left and right. Texts go to standard output, one a line.',
  arguments: [{ name: 'TEXT', description: 'a text with gaps, such as "the ___ of the ___"' }],
  options: [
    ...samplerFlags,
    { flag: 'tokens', value: 'N', description: 'tokens of each gap', default: '2' },
    ...engineFlags,
  ],
  run: runInfill,
};

async function runInfill(args: CommandArgs, io: CommandIo): Promise<number> {
  const tokens = numberOption(args, 'tokens', { min: 1, whole: true })!;
  await startEngine(args);
  const loaded = await loadModel(io.cwd, modelOption(args));
  const { model, tokenizer, params, config } = loaded;
  try {
    const options = samplerOptions(args, loaded);
    if (isAutoregressive(loaded))
      io.stderr(`${model.name} fills a gap without a look at what stands behind it\n`);
    const row = withGaps(args.arguments[0]!, { tokenizer, tokens });
    if (row.length > config.length)
      throw new LabError('argument', 'the text is longer than the model takes', {
        argument: 'TEXT',
        received: `${row.length} tokens`,
        expected: `at most ${config.length}`,
      });
    const init = repeated(row, countOption(args));
    const { samples } = await model.sample(params, {
      ...options,
      init,
      signal: io.signal,
      onStep: ({ index, steps }) => io.progress((index + 1) / steps),
    });
    for (let at = 0; at < samples.data.length; at += row.length)
      io.stdout(`${tokenizer.decode(samples.data.slice(at, at + row.length))}\n`);
    return 0;
  } finally {
    disposeTree(params);
  }
}

/**
 * The tokens of a text, with masks for its gaps. A gap takes the space before it along: in most vocabularies a word is one
 * with that space.
 *
 * @throws LabError `argument` for a text without a gap
 */
export function withGaps(
  text: string,
  { tokenizer, tokens }: { readonly tokenizer: Tokenizer; readonly tokens: number },
): Int32Array {
  const parts = text.split(/ ?_{3,}/);
  if (parts.length === 1)
    throw new LabError('argument', 'the text has no gap', {
      argument: 'TEXT',
      received: text,
      hint: 'write a gap as ___',
    });
  const gap = Array.from({ length: tokens }, () => tokenizer.maskId);
  return Int32Array.from(parts.flatMap((part, i) => [...(i > 0 ? gap : []), ...tokenizer.encode(part)]));
}

function repeated(row: Int32Array, count: number): TokenArray {
  const data = new Int32Array(count * row.length);
  for (let i = 0; i < count; i++) data.set(row, i * row.length);
  return { shape: [count, row.length], data };
}
