import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeImage, encodePng, type ImageArray } from '@lab/datasets/images';
import type { CommandIo } from '@lab/experiment';
import { key } from '@lab/tensor-core/random';
import { commands } from '../../src/cli';
import { asPicture, imagesOf } from '../../src/batch-images';
import { ellipses } from '../../src/experiments/images/ellipses';

export interface CliFolder {
  readonly cwd: string;
  /** Runs a command with its defaults and these options; its report is what it printed. */
  run(
    name: string,
    args: readonly string[],
    options: Record<string, string | true>,
  ): Promise<{ code: number; report: Record<string, unknown> }>;
  pixels(name: string): Promise<ImageArray>;
  remove(): Promise<void>;
}

/** A folder of a user: the pictures 0.png to 11.png of 16 x 16 pixels, and mask.png, whose left ten columns are seen. */
export async function cliFolder(): Promise<CliFolder> {
  const cwd = await mkdtemp(join(tmpdir(), 'stsl-'));
  for (const [n, image] of imagesOf(ellipses(key(4), 12)).entries())
    await writeFile(join(cwd, `${n}.png`), encodePng(asPicture(image)));
  const mask = Float64Array.from({ length: 256 }, (_, at) => (at % 16 < 10 ? 1 : 0));
  await writeFile(join(cwd, 'mask.png'), encodePng({ shape: [16, 16, 1], data: mask }));
  return {
    cwd,
    async run(name, args, options) {
      const command = commands.find((each) => each.name === name)!;
      let out = '';
      const io: CommandIo = {
        stdout: (text) => (out += text),
        stderr: () => undefined,
        signal: new AbortController().signal,
        progress: () => undefined,
        cwd,
      };
      const defaults = Object.fromEntries(
        command.options.flatMap(({ flag, default: value }) => (value === undefined ? [] : [[flag, value]])),
      );
      const code = await command.run({ arguments: args, options: { ...defaults, ...options } }, io);
      return { code, report: JSON.parse(out) as Record<string, unknown> };
    },
    pixels: async (name) => decodeImage(await readFile(join(cwd, name))),
    remove: () => rm(cwd, { recursive: true, force: true }),
  };
}
