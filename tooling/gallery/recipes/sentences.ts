// Trains the model of the sentences (demonstration `adlm`) and writes weights/sentences.safetensors: about 25 seconds
// with onnxruntime-node, minutes without. The key is fixed, so the same engine writes the same file.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { train } from '@lab/adlm';
import { engine, saveTree } from '@lab/tensor-core';
import { writeSafetensors } from '@lab/tensor-core/io';
import { key } from '@lab/tensor-core/random';
import { tokens } from '../src/demos/adlm/language';
import { sentenceModel } from '../src/demos/adlm/model';

const steps = 2500;
await engine({ prefer: 'wasm' });
const model = sentenceModel();
const { average, seconds } = await train(model, {
  ...{ tokens, steps, batchSize: 32, learningRate: 2e-3, emaDecay: 0.99, key: key(0) },
  onStep: ({ step, loss }) => {
    if (step % 250 === 0) process.stderr.write(`step ${step}: loss ${loss.toFixed(3)}\n`);
  },
});
const { perplexity } = await model.likelihood(average, tokens, { samples: 8, key: key(1) });
const folder = join(import.meta.dirname, '../weights');
await mkdir(folder, { recursive: true });
const file = writeSafetensors(await saveTree(average), {
  steps: String(steps),
  perplexity: perplexity.toFixed(3),
});
await writeFile(join(folder, 'sentences.safetensors'), file);
process.stderr.write(`perplexity ${perplexity.toFixed(3)}, ${seconds.toFixed(0)} s, ${file.length} bytes\n`);
