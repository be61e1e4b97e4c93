import { join } from 'node:path';
import { readBytes } from '@lab/experiment/cli';
import {
  isStableDiffusion,
  stableDiffusionPipeline,
  type FolderReader,
  type StableDiffusionPipeline,
} from '@lab/models/stable-diffusion';
import type { LatentModel } from '../problems';
import { loadModel, unitOf } from './model-folder';

/** A model of the user's, whatever it came from. */
export interface OpenedModel {
  readonly model: LatentModel;
  /** Sides of an image are multiples of it. */
  readonly unit: number;
  /** Where the model reads texts. */
  readonly pipeline?: StableDiffusionPipeline;
  dispose(): void;
}

/**
 * A folder that `lab stsl train` wrote, or one of Stable Diffusion in diffusers' layout.
 *
 * @throws LabError `missing`, `format` or `unsupported` when it is neither
 */
export async function openModel(cwd: string, folder: string): Promise<OpenedModel> {
  const read: FolderReader = (path) => readBytes(cwd, join(folder, path));
  if (await isStableDiffusion(read)) {
    const pipeline = await stableDiffusionPipeline(read);
    const { denoiser, schedule, unit } = pipeline;
    const model = { denoiser: denoiser as LatentModel['denoiser'], schedule, autoencoder: pipeline };
    return { model, unit, pipeline, dispose: () => pipeline.dispose() };
  }
  const loaded = await loadModel(cwd, folder);
  return { model: loaded.model, unit: unitOf(loaded.card), dispose: () => loaded.dispose() };
}
