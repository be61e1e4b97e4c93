// The shared shape of every network here: weights under published names in, a pure function, the same names out.
import { engine, lora, tf, treeFromHost } from '@lab/tensor-core';
import { writeSafetensors } from '@lab/tensor-core/io';
import { key } from '@lab/tensor-core/random';
import {
  countWeights,
  loadSentenceEncoder,
  saveWeights,
  sentenceEncoder,
  sentenceTokenizer,
} from '@lab/models/sentence-encoder';
import { loadSentenceEncoderFiles } from '@lab/models/node';

await engine();
const { arrays, vocabulary } = await loadSentenceEncoderFiles();
const [network, tokenizer] = [sentenceEncoder(), sentenceTokenizer(vocabulary)];
const params = loadSentenceEncoder(arrays);
console.log(`${countWeights(network.weights)} parameters, ${tokenizer.size} pieces`);

const texts = ['Do you have any pets?', 'I own two dogs and a cat.', 'The train leaves at noon.'];
const inputs = treeFromHost(tokenizer.encode(texts));
const alike = tf.tidy(() => {
  const { embedding } = network.apply(params, inputs);
  return tf.matMul(embedding, embedding, false, true).arraySync() as number[][];
});
console.log(
  `the question and the dogs ${alike[0]![1]!.toFixed(2)}, the question and the train ${alike[0]![2]!.toFixed(2)}`,
);

// Adapters for queries and values: 0.1 per cent of the parameters.
const adapters = lora.init(key(0), params, { targets: /\.(query|value)\.weight$/, rank: 2 });
const same = tf.tidy(() => network.apply(lora.attach(params, adapters), inputs).embedding.shape);
console.log(`${lora.count(adapters)} numbers train, ${same.join(' x ')} numbers come out`);

const { params: merged } = lora.merge(params, adapters);
const file = writeSafetensors(await saveWeights(network, merged));
console.log(`saved again: ${(file.length / 1e6).toFixed(1)} MB`);
