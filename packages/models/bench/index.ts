/**
 * Tokens per second of the networks for texts, milliseconds of those for images, eager and compiled, beside PyTorch
 * (LAB_PYTHON). Run: pnpm bench
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import {
  disposeTree,
  engine,
  grad,
  lora,
  tf,
  tidyTree,
  treeMap,
  valueAndGrad,
  type LoraAdapters,
  type Tensor,
} from '@lab/tensor-core';
import { compile, compileStep } from '@lab/tensor-core/compile';
import { foldIn, key, randint } from '@lab/tensor-core/random';
import { countWeights, roberta, robertaBase, robertaForSequenceClassification } from '@lab/models/roberta';
import { clipVision, clipPixels, clipBase } from '@lab/models/clip';
import { unet2dCondition } from '@lab/models/stable-diffusion';
import { taef2Decoder, taef2Encoder } from '@lab/models/taef2';
import { loadSentenceEncoder, sentenceEncoder } from '@lab/models/sentence-encoder';
import { loadSentenceEncoderFiles } from '@lab/models/node';

const [batch, length] = [16, 64];
const { engine: name } = await engine({ threads: 1 }).then((info) => ({ engine: info.name }));
const seconds = (run: () => void): number => {
  run();
  const times = Array.from({ length: 7 }, () => {
    const before = performance.now();
    run();
    return (performance.now() - before) / 1000;
  });
  return times.sort((a, b) => a - b)[3]!;
};
const report = (what: string, run: () => void): void =>
  console.log(`${what.padEnd(48)} ${Math.round((batch * length) / seconds(run))} tokens/s`);
const ids = (tokens: number): Tensor =>
  tf.tensor2d(
    Int32Array.from(randint(key(1), [batch * length], { low: 2, high: tokens })),
    [batch, length],
    'int32',
  );

/** Forward, and a step that trains adapters of rank 8 on queries and values. */
function measure<Params>(
  label: string,
  params: Params,
  x: Tensor,
  embed: (params: Params, x: Tensor) => Tensor,
): void {
  const start = lora.init(key(0), params, { targets: /\.(query|value)\.weight$/, rank: 8 });
  const step = (adapters: LoraAdapters, inputs: Tensor) =>
    tidyTree(() => {
      const { value, grads } = valueAndGrad((a: LoraAdapters) =>
        tf.mean(tf.square(embed(lora.attach(params, a, { alpha: 16 }), inputs))),
      )(adapters);
      return {
        state: treeMap((p: Tensor, g: Tensor) => tf.sub(p, tf.mul(g, 0.01)), adapters, grads),
        output: value,
      };
    });
  report(`${label}, forward, eager (${name})`, () => tf.tidy(() => void embed(params, x).dataSync()));
  const forward = compile((given: Tensor) => embed(params, given), { threads: 1 });
  report(`${label}, forward, compiled`, () => forward(x).dispose());
  forward.dispose();
  report(`${label}, LoRA step, eager (${name})`, () => {
    const next = step(start, x);
    next.output.dataSync();
    disposeTree(next);
  });
  const compiled = compileStep(step, start, { threads: 1 });
  report(`${label}, LoRA step, compiled`, () => compiled.run(x).dispose());
  compiled.dispose();
  disposeTree([start, params, x]);
}

const { arrays } = await loadSentenceEncoderFiles();
const encoder = sentenceEncoder();
measure(
  'sentence encoder',
  loadSentenceEncoder(arrays),
  ids(8000),
  (p, x) => encoder.apply(p, { ids: x }).embedding,
);

const small = {
  vocab_size: 8000,
  hidden_size: 256,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  intermediate_size: 1024,
};
const classifier = robertaForSequenceClassification({ ...small, labels: 2 });
measure('small RoBERTa (4 x 256)', classifier.init(foldIn(key(0), 1)), ids(8000), (p, x) =>
  classifier.apply(p, { ids: x }),
);

/** Forward, and the gradient of a sum of squares in the input, with weights newly drawn. */
function measureImages(label: string, x: Tensor, forward: (x: Tensor) => Tensor): void {
  const backward = (at: Tensor): Tensor => grad((y: Tensor) => tf.sum(tf.square(forward(y))))(at);
  for (const [what, fn] of [
    ['forward', forward],
    ['gradient', backward],
  ] as const) {
    const milliseconds = (run: () => void): string => `${(1000 * seconds(run)).toFixed(1)} ms`;
    const eager = milliseconds(() => tf.tidy(() => void fn(x).dataSync()));
    const compiled = compile(fn, { threads: 1 });
    const fast = milliseconds(() => compiled(x).dispose());
    compiled.dispose();
    console.log(`${`${label}, ${what}`.padEnd(48)} eager (${name}) ${eager}, compiled ${fast}`);
  }
  x.dispose();
}

const [toLatents, toImages] = [taef2Encoder(), taef2Decoder()];
const halves = [toLatents.init(key(2)), toImages.init(key(3))] as const;
measureImages('TAEF2 encoder, 64 x 64', tf.fill([1, 64, 64, 3], 0.5), (x) => toLatents.apply(halves[0], x));
measureImages('TAEF2 decoder, 64 x 64', tf.zeros([1, 8, 8, 32]), (z) => toImages.apply(halves[1], z));
const tower = clipVision({
  ...clipBase,
  vision_config: { ...clipBase.vision_config, num_hidden_layers: 2, image_size: 128 },
});
const towerParams = tower.init(key(4));
measureImages(
  'two layers of CLIP base, 128 x 128',
  tf.fill([1, 128, 128, 3], 0.5),
  (x) => tower.apply(towerParams, clipPixels(x)).embeds,
);
const unet = unet2dCondition({
  block_out_channels: [32, 64],
  down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
  cross_attention_dim: 64,
  attention_head_dim: 4,
});
const unetParams = unet.init(key(5));
const [told, text] = [tf.tensor1d([500]), tf.zeros([1, 16, 64])];
measureImages('U-Net 32-64 channels, 16 x 16', tf.zeros([1, 16, 16, 4]), (x) =>
  unet.apply(unetParams, x, told, text),
);
disposeTree([halves, towerParams, unetParams, told, text]);

const python = process.env.LAB_PYTHON;
if (python) {
  const script = join(import.meta.dirname, '../../../tooling/reference/models/speed.py');
  spawnSync(python, [script, String(batch), String(length)], { stdio: 'inherit' });
} else console.log('PyTorch: name a Python that has torch, transformers and peft in LAB_PYTHON');

const base = roberta(robertaBase);
const before = performance.now();
const params = base.init(key(0));
console.log(
  `roberta-base drawn in ${((performance.now() - before) / 1000).toFixed(1)} s: ${countWeights(base.weights)} parameters, ` +
    `${tf.memory().numBytes / 4} numbers in memory`,
);
const short = tf.tensor2d(
  Int32Array.from({ length: 16 }, (_, i) => 10 * i + 2),
  [1, 16],
  'int32',
);
const shape = tf.tidy(() => base.apply(params, { ids: short }).pooled!.shape);
console.log(
  `roberta-base, 16 tokens: ${(1000 * seconds(() => tf.tidy(() => void base.apply(params, { ids: short }).pooled!.dataSync()))).toFixed(0)} ms, pooled [${shape.join()}]`,
);
