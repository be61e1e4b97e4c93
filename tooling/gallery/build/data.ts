import { loadWeatherNormals } from '@lab/datasets/node';
import { readdir, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const packages = join(import.meta.dirname, '../../../packages');

/** What the demonstrations compute with, read at build time: modules of plain numbers, in the site and in tests alike. */
const modules: Readonly<Record<string, () => Promise<unknown>>> = {
  'virtual:gallery/temperatures': temperatures,
  'virtual:gallery/papers': papers,
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
  for (const name of await readdir(packages)) {
    const file = join(packages, name, 'package.json');
    if (!existsSync(file)) continue;
    const { lab } = JSON.parse(await readFile(file, 'utf8')) as Manifest;
    if (lab?.paper) all[lab.paper.id] = { title: lab.paper.title, arxiv: lab.paper.arxiv };
  }
  return all;
}

export function galleryData(): Plugin {
  return {
    name: 'gallery-data',
    resolveId: (id) => (id in modules ? `\0${id}` : undefined),
    async load(id) {
      const read = modules[id.slice(1)];
      if (!id.startsWith('\0') || read === undefined) return undefined;
      return `export default ${JSON.stringify(await read())};`;
    },
  };
}
