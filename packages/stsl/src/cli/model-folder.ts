import { join } from 'node:path';
import { disposeTree, loadTree, saveTree } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { readSafetensors, writeSafetensors } from '@lab/tensor-core/io';
import { key } from '@lab/tensor-core/random';
import { networkDenoiser } from '@lab/diffusion-core';
import { parseJson, readBytes, readText, writeWhole } from '@lab/experiment/cli';
import * as z from 'zod';
import { identityAutoencoder } from '../autoencoders';
import {
  latentNetwork,
  latentPrediction,
  latentSchedule,
  standardised,
  taef2Autoencoder,
  type LatentPrior,
  type LoadedAutoencoder,
} from '../latent-prior';
import type { LatentModel } from '../problems';

/** Where latents come from: the weights of TAEF2, or pixels themselves. */
export type AutoencoderName = 'taef2' | 'pixels';

const taef2Names = { encoder: 'taef2_encoder.safetensors', decoder: 'taef2_decoder.safetensors' } as const;

const cardSchema = z.object({
  format: z.literal('lab-stsl-model'),
  version: z.literal(1),
  autoencoder: z.enum(['taef2', 'pixels']),
  moments: z.object({ mean: z.array(z.number()), deviation: z.array(z.number().positive()) }),
  size: z.object({
    channels: z.number().int().positive(),
    widths: z.array(z.number().int().positive()).min(1),
  }),
  training: z.object({ images: z.number(), steps: z.number(), seed: z.number(), loss: z.number() }),
});

export type ModelCard = z.infer<typeof cardSchema>;

/** Pixels an image side must be a multiple of. */
export function unitOf({ autoencoder, size }: Pick<ModelCard, 'autoencoder' | 'size'>): number {
  return (autoencoder === 'taef2' ? 8 : 1) * 2 ** (size.widths.length - 1);
}

/** The autoencoder of a folder with the weights of TAEF2, or of pixels without a folder. */
export async function loadAutoencoder(cwd: string, folder: string | undefined): Promise<LoadedAutoencoder> {
  if (folder === undefined) return { ...identityAutoencoder(), dispose: () => undefined };
  return taef2Autoencoder({
    encoder: await readBytes(cwd, join(folder, taef2Names.encoder)),
    decoder: await readBytes(cwd, join(folder, taef2Names.decoder)),
  });
}

/** Writes weights first and the card last, so that a folder with a card is whole. */
export async function saveModel(
  folder: string,
  card: ModelCard,
  { params, taef2 }: { readonly params: LatentPrior['params']; readonly taef2: string | undefined },
): Promise<void> {
  if (taef2 !== undefined)
    for (const name of Object.values(taef2Names))
      await writeWhole(join(folder, name), await readBytes(folder, join(taef2, name)));
  await writeWhole(join(folder, 'model.safetensors'), writeSafetensors(await saveTree(params)));
  await writeWhole(join(folder, 'model.json'), `${JSON.stringify(card, null, 2)}\n`);
}

export interface LoadedModel {
  readonly card: ModelCard;
  readonly model: LatentModel;
  dispose(): void;
}

/** @throws LabError `missing` or `format` when the folder does not hold a model of `lab stsl train` */
export async function loadModel(cwd: string, folder: string): Promise<LoadedModel> {
  const { text } = await readText(cwd, join(folder, 'model.json'));
  const parsed = cardSchema.safeParse(parseJson(text));
  if (!parsed.success)
    throw new LabError('format', `${folder}/model.json is not the card of a model`, {
      received: parsed.error.issues[0]?.message,
      expected: 'a folder that `lab stsl train` wrote',
    });
  const card = parsed.data;
  const { tensors } = readSafetensors(await readBytes(cwd, join(folder, 'model.safetensors')));
  const network = latentNetwork(card.size);
  const like = network.init(key(0));
  try {
    const params = loadTree(like, tensors);
    const autoencoder = await loadAutoencoder(cwd, card.autoencoder === 'taef2' ? folder : undefined);
    const denoiser = networkDenoiser(network, params, {
      predicts: latentPrediction,
      schedule: latentSchedule,
    });
    return {
      card,
      model: { denoiser, schedule: latentSchedule, autoencoder: standardised(autoencoder, card.moments) },
      dispose() {
        denoiser.dispose?.();
        disposeTree(params);
        autoencoder.dispose();
      },
    };
  } finally {
    disposeTree(like);
  }
}
