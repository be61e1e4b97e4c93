import { join, resolve } from 'node:path';
import { parseJson, readBytes, readText, writeWhole } from '@lab/experiment/cli';
import { disposeTree, loadTree, saveTree } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { readSafetensors, writeSafetensors } from '@lab/tensor-core/io';
import { key } from '@lab/tensor-core/random';
import type { Tokenizer } from '@lab/datasets/text';
import * as z from 'zod';
import { frequencyAnchors } from '../anchors/frequency-anchors';
import { a2r } from '../autoregressive/a2r';
import { autoregressive } from '../autoregressive/autoregressive';
import { mdlm } from '../baselines/mdlm';
import { adlm, type Adlm } from '../model/adlm';
import type { LanguageModel } from '../model/types';
import type { AnchoredParams } from '../network/anchored-network';
import { configSchema, type TrainConfig } from './config';
import { tokenizerCardSchema, tokenizerOf } from './tokenizer-card';

const cardSchema = z.object({
  format: z.literal('lab-adlm-model'),
  version: z.literal(1),
  vocabSize: z.number().int().positive(),
  maskId: z.number().int().nonnegative(),
  config: configSchema,
  tokenizer: tokenizerCardSchema,
  /** What it was trained on, in words. */
  data: z.string(),
});

/** A trained model in words: what `model.json` of a model folder holds. */
export type ModelCard = z.infer<typeof cardSchema>;

/** Any of the trainable models; its parameters are a tree that only the model itself looks into. */
export type AnyModel = LanguageModel<object>;

/** The model of a card, untrained; `anchored` is there for ADLM, whose anchor network can be looked into. */
export function modelOf({ config, vocabSize, maskId }: Omit<ModelCard, 'tokenizer' | 'data'>): {
  readonly model: AnyModel;
  readonly anchored?: Adlm;
} {
  const { width, heads, blocks, dropout, length } = config;
  const sizes = { vocabSize, maskId, width, heads, blocks, dropout };
  const anchors = {
    ...(config.denoiserBlocks !== undefined && { denoiserBlocks: config.denoiserBlocks }),
    gamma: config.gamma,
    anchors: frequencyAnchors({ threshold: config.threshold }),
  };
  const maxLength = length;
  // Weights are a tree of the model's own, which nothing here looks into.
  if (config.model === 'ar') return { model: autoregressive(sizes) };
  if (config.model === 'a2r') return { model: a2r({ ...sizes, ...anchors }) };
  if (config.model === 'mdlm') return { model: mdlm({ ...sizes, maxLength }) };
  const anchored = adlm({ ...sizes, ...anchors, maxLength, anchorPositions: config.anchorPositions });
  return { model: anchored, anchored };
}

/** Writes weights first and the card last, so that a folder with a card is whole. */
export async function saveModel(folder: string, card: ModelCard, params: object): Promise<void> {
  await writeWhole(join(folder, 'model.safetensors'), writeSafetensors(await saveTree(params)));
  await writeWhole(join(folder, 'model.json'), `${JSON.stringify(card)}\n`);
}

export interface LoadedModel {
  readonly card: ModelCard;
  readonly config: TrainConfig;
  readonly tokenizer: Tokenizer;
  readonly model: AnyModel;
  readonly anchored?: Adlm;
  /** The weights; the caller's to dispose with `disposeTree`. */
  readonly params: object;
}

/** @throws LabError `missing` or `format` when the folder does not hold a model of `lab adlm train` */
export async function loadModel(cwd: string, folder: string): Promise<LoadedModel> {
  const { text } = await readText(cwd, join(folder, 'model.json'));
  const parsed = cardSchema.safeParse(parseJson(text));
  if (!parsed.success)
    throw new LabError('format', `${folder}/model.json is not the card of a model`, {
      received: parsed.error.issues[0]?.message,
      expected: 'a folder that `lab adlm train` wrote',
    });
  const card = parsed.data;
  const made = modelOf(card);
  const tokenizer = await tokenizerOf(card.tokenizer);
  const { tensors } = readSafetensors(await readBytes(cwd, resolve(cwd, folder, 'model.safetensors')));
  const like = made.model.init(key(0));
  try {
    return { ...made, card, config: card.config, tokenizer, params: loadTree(like, tensors) };
  } finally {
    disposeTree(like);
  }
}

/** Whether the model writes from left to right, a token a step, and so has no samplers to choose from. */
export const isAutoregressive = ({ config }: Pick<ModelCard, 'config'>): boolean =>
  config.model === 'ar' || config.model === 'a2r';

/** The weights of a loaded ADLM, for its anchor network. */
export const anchoredParams = ({ params }: LoadedModel): AnchoredParams => params as AnchoredParams;
