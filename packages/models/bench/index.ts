/** Tokens per second of both networks, eager and compiled, beside PyTorch (LAB_PYTHON). Run: pnpm bench */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import {
  disposeTree,
  engine,
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
