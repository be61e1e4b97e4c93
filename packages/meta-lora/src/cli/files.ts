import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LabError } from '@lab/tensor-core/errors';

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

export const readText = async (cwd: string, path: string): Promise<string> =>
  new TextDecoder().decode(await readBytes(cwd, path));

/** Writes a file whole or not at all, with the folders above it. */
export async function writeWhole(cwd: string, path: string, content: string | Uint8Array): Promise<void> {
  const target = resolve(cwd, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(`${target}.part`, content);
  await rename(`${target}.part`, target);
}
