import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { LabError } from '@lab/tensor-core/errors';

/** A text file and the name that errors call it. */
export async function readText(cwd: string, path: string): Promise<{ text: string; name: string }> {
  return { text: new TextDecoder().decode(await readBytes(cwd, path)), name: basename(path) };
}

/** @throws LabError `missing` when the file cannot be read */
export async function readBytes(cwd: string, path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(resolve(cwd, path)));
  } catch (cause) {
    throw new LabError('missing', `the file ${path} cannot be read`, {
      received: (cause as NodeJS.ErrnoException).code ?? 'unknown',
      hint: 'check the path; it starts from the current folder',
      cause,
    });
  }
}

/** Writes a file whole or not at all, making its folder. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.part`;
  await writeFile(temporary, content);
  await rename(temporary, path);
}
