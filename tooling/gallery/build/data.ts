import { loadDigits, loadWeatherNormals } from '@lab/datasets/node';
import { readdir, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';
import { packagesDir } from './paths.ts';

/** What the demonstrations compute with, read at build time: modules of plain numbers, in the site and in tests alike. */
const modules: Readonly<Record<string, () => Promise<unknown>>> = {
  'virtual:gallery/temperatures': temperatures,
  'virtual:gallery/papers': papers,
  'virtual:gallery/digits': digits,
};

/** A year of hourly temperatures of Seattle in degrees Celsius, whole days. */
async function temperatures(): Promise<number[]> {
  const { values, length, channels } = await loadWeatherNormals();
  const column = channels.indexOf('temperature');
  return Array.from({ length: Math.floor(length / 24) * 24 }, (_, hour) =>
    Number(values[hour * channels.length + column]!.toFixed(1)),
  );
}

interface Manifest {
  readonly lab?: { readonly paper?: { readonly id: string; readonly title: string; readonly arxiv: string } };
}

/** Title and number of every paper, from the packages themselves. */
async function papers(): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {};
  for (const name of await readdir(packagesDir)) {
    const file = join(packagesDir, name, 'package.json');
    if (!existsSync(file)) continue;
    const { lab } = JSON.parse(await readFile(file, 'utf8')) as Manifest;
    if (lab?.paper) all[lab.paper.id] = { title: lab.paper.title, arxiv: lab.paper.arxiv };
  }
  return all;
}

/** The first three images of every digit among those that no model was trained on. */
async function digits(): Promise<unknown> {
  const { images, labels } = await loadDigits({ split: 'test' });
  const seen = new Array<number>(10).fill(0);
  const chosen = Array.from(labels.keys()).filter((i) => seen[labels[i]!]!++ < 3);
  chosen.sort((a, b) => labels[a]! - labels[b]! || a - b);
  return {
    images: chosen.map((i) => Buffer.from(images.subarray(i * 784, (i + 1) * 784)).toString('hex')),
    labels: chosen.map((i) => labels[i]),
  };
}

const weightFiles = {
  'digits-flow': join(packagesDir, 'models/weights/digits-flow.safetensors'),
  'digits-classifier': join(packagesDir, 'models/weights/digits-classifier.safetensors'),
  sentences: join(import.meta.dirname, '../weights/sentences.safetensors'),
};

/** Where weights are fetched from: files that the site serves, or, in tests, addresses that hold the bytes themselves. */
async function weightsModule(isServed: boolean): Promise<string> {
  const lines: string[] = [];
  const entries: string[] = [];
  for (const [index, [name, file]] of Object.entries(weightFiles).entries()) {
    let source = 'undefined';
    if (existsSync(file) && isServed) {
      source = `url${index}`;
      lines.push(`import ${source} from ${JSON.stringify(`${file.replaceAll('\\', '/')}?url`)};`);
    } else if (existsSync(file))
      source = JSON.stringify(
        `data:application/octet-stream;base64,${(await readFile(file)).toString('base64')}`,
      );
    entries.push(`${JSON.stringify(name)}: { isThere: ${existsSync(file)}, source: ${source} }`);
  }
  return `${lines.join('\n')}\nexport default { ${entries.join(', ')} };`;
}

export interface GalleryDataOptions {
  /** Whether files are served; otherwise their addresses hold them. @default true */
  readonly isServed?: boolean;
}

export function galleryData({ isServed = true }: GalleryDataOptions = {}): Plugin {
  const weights = 'virtual:gallery/weights';
  return {
    name: 'gallery-data',
    resolveId: (id) => (id in modules || id === weights ? `\0${id}` : undefined),
    async load(id) {
      if (!id.startsWith('\0')) return undefined;
      if (id === `\0${weights}`) return weightsModule(isServed);
      const read = modules[id.slice(1)];
      return read && `export default ${JSON.stringify(await read())};`;
    },
  };
}
