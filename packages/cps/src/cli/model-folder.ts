import { join, resolve } from 'node:path';
import { disposeTree, loadTree, saveTree } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { readSafetensors, writeSafetensors } from '@lab/tensor-core/io';
import { key } from '@lab/tensor-core/random';
import {
  cosineSchedule,
  mlpDenoiser,
  networkDenoiser,
  timeSeriesTransformer,
  type Denoiser,
  type DenoisingNetwork,
  type Schedule,
} from '@lab/diffusion-core';
import { scalerFromJSON, type Scaler } from '@lab/datasets';
import * as z from 'zod';
import { parseJson, readBytes, readText, writeWhole } from '@lab/experiment/cli';

const modelSchema = z.object({
  format: z.literal('lab-cps-model'),
  version: z.literal(1),
  length: z.number().int().positive(),
  channels: z.array(z.string()).min(1),
  scaler: z.unknown(),
  network: z.object({
    kind: z.enum(['mlp', 'transformer']),
    width: z.number().int().positive(),
    layers: z.number().int().positive(),
  }),
  schedule: z.literal('cosine'),
  predicts: z.literal('v'),
  /** Limits of the training windows in the model's units, [low, high]. */
  range: z.tuple([z.number(), z.number()]),
  /** Price before the first row of generated series, for scalers of increments: the last one seen. */
  start: z.array(z.number()).optional(),
  training: z.object({
    data: z.string(),
    rows: z.number(),
    windows: z.number(),
    steps: z.number(),
    batchSize: z.number(),
    seed: z.number(),
    loss: z.number().optional(),
  }),
});

/** A trained model in words: what `model.json` of a model folder holds. */
export type ModelCard = z.infer<typeof modelSchema>;

/** The network of a card, untrained. Its parameters are a tree that only the network itself looks into. */
export function networkOf({ network, length, channels }: ModelCard): DenoisingNetwork<object> {
  const { kind, width, layers } = network;
  const entries = channels.length;
  if (kind === 'mlp') return mlpDenoiser({ shape: [length, entries], width, depth: layers });
  const patch = [8, 6, 4, 3, 2].find((size) => length % size === 0) ?? 1;
  return timeSeriesTransformer({ length, channels: entries, width, layers, patch });
}

/** What a card's `schedule: 'cosine'` means. */
export const modelSchedule: Schedule = cosineSchedule();

/** Writes weights first and the card last, so that a folder with a card is whole. */
export async function saveModel(folder: string, card: ModelCard, params: object): Promise<void> {
  await writeWhole(join(folder, 'model.safetensors'), writeSafetensors(await saveTree(params)));
  await writeWhole(join(folder, 'model.json'), `${JSON.stringify(card, null, 2)}\n`);
}

export interface LoadedModel {
  readonly card: ModelCard;
  readonly scaler: Scaler;
  readonly schedule: Schedule;
  readonly denoiser: Denoiser;
  /** The weights; the caller's to dispose with `disposeTree`. */
  readonly params: object;
}

/** @throws LabError `missing` or `format` when the folder does not hold a model of `lab cps train` */
export async function loadModel(cwd: string, folder: string): Promise<LoadedModel> {
  const { text } = await readText(cwd, join(folder, 'model.json'));
  const parsed = modelSchema.safeParse(parseJson(text));
  if (!parsed.success)
    throw new LabError('format', `${folder}/model.json is not the card of a model`, {
      received: parsed.error.issues[0]?.message,
      expected: 'a folder that `lab cps train` wrote',
    });
  const card = parsed.data;
  const scaler = scalerFromJSON(card.scaler);
  const schedule = modelSchedule;
  const { tensors } = readSafetensors(await readBytes(cwd, resolve(cwd, folder, 'model.safetensors')));
  const network = networkOf(card);
  const like = network.init(key(0));
  try {
    const params = loadTree(like, tensors);
    const denoiser = networkDenoiser(network, params, { predicts: card.predicts, schedule });
    return { card, scaler, schedule, denoiser, params };
  } finally {
    disposeTree(like);
  }
}
