import { createHash } from 'node:crypto';
import { resolve, join } from 'node:path';
import {
  claimFolder,
  engineFlags,
  numberOption,
  readText,
  startEngine,
  textOption,
} from '@lab/experiment/cli';
import type { CommandArgs, CommandIo, PaperCommand } from '@lab/experiment';
import { describeSplit, splitDocuments, tokenChunks } from '@lab/datasets/text';
import { disposeTree } from '@lab/tensor-core';
import { fileCheckpoints } from '@lab/tensor-core/checkpoint';
import { foldIn, key } from '@lab/tensor-core/random';
import type { TokenArray } from '@lab/diffusion-core/discrete';
import { train as trainModel } from '../model/train';
import { readConfig, type TrainConfig } from './config';
import { isAutoregressive, modelOf, saveModel, type ModelCard } from './model-folder';
import { readDocuments } from './texts';
import { newTokenizerCard, tokenizerOf } from './tokenizer-card';

/** `lab adlm train`: a language model of the user's own texts. */
export const train: PaperCommand = {
  name: 'train',
  summary: 'Train an anchored diffusion language model on text files',
  description:
    'Splits the texts by document, learns a vocabulary unless one is named, trains, and writes the model to a folder. Samples are ' +
    'shown while it trains. Stopped by Ctrl-C, or killed, it goes on from its last checkpoint when it is called again with ' +
    'the same options.',
  options: [
    {
      flag: 'text',
      value: 'FILE',
      description: 'a text, or .jsonl with {"text": ...} a line; may be given several times',
      required: true,
      many: true,
    },
    { flag: 'out', value: 'DIR', description: 'folder of the model', required: true },
    {
      flag: 'config',
      value: 'FILE',
      description:
        'YAML or JSON: model, tokenizer, vocabSize, length, width, heads, blocks, gamma, threshold, steps, ...',
    },
    { flag: 'tokenizer', value: 'NAME', description: 'bpe, character, byte, gpt2, bert or a tokenizer.json' },
    { flag: 'steps', value: 'N', description: 'training steps (default: 2000)' },
    { flag: 'seed', value: 'N', description: 'seed of all randomness (default: 0)' },
    ...engineFlags,
  ],
  run: runTrain,
};

async function runTrain(args: CommandArgs, io: CommandIo): Promise<number> {
  const out = textOption(args, 'out')!;
  const folder = resolve(io.cwd, out);
  const config = await configOf(args, io);
  const files = args.options.text as readonly string[];
  const { card, tokens, validation, tokenizer, texts } = await prepare(config, files, io);
  await startEngine(args);
  await claimFolder(folder, { config, data: card.data, texts, vocabSize: card.vocabSize });

  const { model } = modelOf(card);
  io.stderr(
    `${model.name}, ${model.size.toLocaleString('en')} weights, ${tokens.shape[0]} sequences of ${config.length} tokens\n`,
  );
  const runKey = key(config.seed);
  const tokensAStep = config.batchSize * config.length;
  const result = await trainModel(model, {
    tokens,
    steps: config.steps,
    batchSize: config.batchSize,
    learningRate: config.learningRate,
    emaDecay: config.emaDecay,
    key: foldIn(runKey, 1),
    signal: io.signal,
    checkpoint: fileCheckpoints(join(folder, 'checkpoints')),
    checkpointEvery: 250,
    evaluateEvery: config.sampleEvery,
    async evaluate(average, { step, key: at }) {
      const { samples } = await model.sample(average, {
        shape: [1, config.length],
        key: at,
        ...(!isAutoregressive(card) && { steps: 16 }),
      });
      io.stderr(`step ${step}: ${JSON.stringify(tokenizer.decode(samples.data))}\n`);
      return {};
    },
    onStep: ({ step, steps, loss, stepsPerSecond, secondsLeft }) => {
      const rate = Math.round(stepsPerSecond * tokensAStep).toLocaleString('en');
      io.progress(
        step / steps,
        `step ${step}, loss ${loss.toFixed(3)}, ${rate} tokens/s, ${duration(secondsLeft)} left`,
      );
    },
  });
  try {
    await saveModel(folder, card, result.average);
    if (result.resumedFrom > 0) io.stderr(`went on from step ${result.resumedFrom}\n`);
    const recent = result.losses.slice(-100);
    const loss = recent.reduce((sum, each) => sum + each, 0) / recent.length;
    let text = `${config.steps} steps, loss ${loss.toFixed(3)} (mean of the last ${recent.length})\n`;
    if (validation) {
      const bound = await model.likelihood(result.average, validation, {
        key: foldIn(runKey, 2),
        signal: io.signal,
      });
      text += `validation: ${bound.nllPerToken.toFixed(3)} nats a token, perplexity ${isAutoregressive(card) ? '' : 'at most '}${bound.perplexity.toFixed(2)}\n`;
    }
    io.stdout(`${text}model: ${out}\n`);
    return 0;
  } finally {
    disposeTree(result.average);
    disposeTree(result.params);
  }
}

async function configOf(args: CommandArgs, io: CommandIo): Promise<TrainConfig> {
  const path = textOption(args, 'config');
  const file = path === undefined ? undefined : await readText(io.cwd, path);
  const steps = numberOption(args, 'steps', { min: 1, whole: true });
  const seed = numberOption(args, 'seed', { min: 0, whole: true });
  const tokenizer = textOption(args, 'tokenizer');
  return readConfig(file?.text, file?.name ?? 'options', {
    ...(steps !== undefined && { steps }),
    ...(seed !== undefined && { seed }),
    ...(tokenizer !== undefined && { tokenizer }),
  });
}

/** The card of the model to be, with the chunks to train and to validate on. */
async function prepare(config: TrainConfig, files: readonly string[], io: CommandIo) {
  const documents = await readDocuments(io.cwd, files);
  const share = documents.length > 1 ? config.validation : 0;
  const split = splitDocuments(documents, { key: foldIn(key(config.seed), 0), validation: share });
  io.stderr(`${describeSplit(split)}\n`);
  const read = async (path: string): Promise<string> => (await readText(io.cwd, path)).text;
  const tokenizerCard = await newTokenizerCard(config.tokenizer, {
    vocabSize: config.vocabSize,
    documents: split.train,
    read,
  });
  const tokenizer = await tokenizerOf(tokenizerCard);
  const { length } = config;
  const chunks = (part: typeof documents): TokenArray => {
    const { ids, count } = tokenChunks(part, { tokenizer, length });
    return { shape: [count, length], data: ids };
  };
  const tokens = chunks([...split.train]);
  const held = split.validation.reduce((sum, { text }) => sum + tokenizer.encode(text).length + 1, 0);
  const card: ModelCard = {
    format: 'lab-adlm-model',
    version: 1,
    vocabSize: tokenizer.vocabSize,
    maskId: tokenizer.maskId,
    config,
    tokenizer: tokenizerCard,
    data: `${files.join(', ')}: ${tokens.shape[0]} sequences`,
  };
  return {
    card,
    tokens,
    tokenizer,
    texts: fingerprint(documents.map(({ text }) => text)),
    validation: held >= length ? chunks([...split.validation]) : undefined,
  };
}

/** SHA-256 of texts in order, hexadecimal: a run goes on with the texts that it began with alone. */
function fingerprint(texts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex');
}

function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'unknown time';
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
