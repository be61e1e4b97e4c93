import { engineFlags, numberOption, startEngine, wordOption } from '@lab/experiment/cli';
import type { CommandArgs, CommandIo, PaperCommand } from '@lab/experiment';
import { detokenizers } from '@lab/datasets/text';
import { disposeTree } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import { zeroShot } from '../metrics';
import { isAutoregressive, loadModel } from './model-folder';
import { modelOption } from './sampler-options';
import { readDocuments } from './texts';

/** `lab adlm eval`: the likelihood bound on texts. */
export const evaluate: PaperCommand = {
  name: 'eval',
  summary: 'Measure the perplexity of texts',
  description:
    'The likelihood of texts under a model of `lab adlm train` (a bound, unless it is autoregressive), texts that it was not trained on: documents joined, cut into sequences of its length ' +
    'between begin and end tokens, all positions counted. Bits a character can be compared between vocabularies.',
  arguments: [{ name: 'FILE', description: 'texts, or .jsonl with {"text": ...} a line', many: true }],
  options: [
    { flag: 'model', value: 'DIR', description: 'folder that `lab adlm train` wrote', required: true },
    { flag: 'samples', value: 'N', description: 'maskings of each sequence', default: '4' },
    { flag: 'estimator', value: 'NAME', description: 'count or time', default: 'count' },
    {
      flag: 'detokenize',
      value: 'CORPUS',
      description: `undo tokenised spacing: ${Object.keys(detokenizers).join(', ')}`,
      default: 'none',
    },
    { flag: 'max-sequences', value: 'N', description: 'the first so many alone' },
    { flag: 'seed', value: 'N', description: 'seed of all randomness', default: '0' },
    { flag: 'json', description: 'print one JSON object' },
    ...engineFlags,
  ],
  run: runEval,
};

async function runEval(args: CommandArgs, io: CommandIo): Promise<number> {
  const samples = numberOption(args, 'samples', { min: 1, whole: true })!;
  const estimator = wordOption(args, 'estimator', ['count', 'time'] as const)!;
  const corpus = wordOption(args, 'detokenize', Object.keys(detokenizers) as (keyof typeof detokenizers)[])!;
  const maxChunks = numberOption(args, 'max-sequences', { min: 1, whole: true });
  const seed = numberOption(args, 'seed', { min: 0, whole: true })!;
  const documents = await readDocuments(io.cwd, args.arguments);
  await startEngine(args);
  const loaded = await loadModel(io.cwd, modelOption(args));
  const { model, tokenizer, params, config } = loaded;
  try {
    let characters = 0;
    const result = await zeroShot(
      (tokens) => {
        characters = tokenizer.decode(
          tokens.data.filter((id) => id !== tokenizer.bosId && id !== tokenizer.eosId),
        ).length;
        return model.likelihood(params, tokens, { estimator, samples, key: key(seed), signal: io.signal });
      },
      documents,
      {
        tokenizer,
        length: config.length,
        detokenize: detokenizers[corpus],
        ...(maxChunks !== undefined && { maxChunks }),
      },
    );
    const { nllPerToken, perplexity, bitsPerToken, standardError, tokens, chunks, dropped } = result;
    const bitsPerCharacter = (bitsPerToken * tokens) / characters;
    const exact = isAutoregressive(loaded);
    const how = exact ? 'exact' : `upper bound, estimator ${estimator}, ${samples} maskings`;
    const found = {
      exact,
      nllPerToken,
      standardError,
      perplexity,
      bitsPerToken,
      bitsPerCharacter,
      tokens,
      sequences: chunks,
      droppedTokens: dropped,
      ...(!exact && { estimator, samples }),
    };
    io.stdout(
      args.options.json === true
        ? `${JSON.stringify(found)}\n`
        : `${nllPerToken.toFixed(4)} +- ${standardError.toFixed(4)} nats a token (${how})\n` +
            `perplexity ${perplexity.toFixed(3)}, ${bitsPerToken.toFixed(4)} bits a token, ${bitsPerCharacter.toFixed(4)} bits a character\n` +
            `${tokens} tokens in ${chunks} sequences of ${config.length}; ${dropped} tokens left over\n`,
    );
    return 0;
  } finally {
    disposeTree(params);
  }
}
