import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { testReadme } from '../readme/test-readme';
import { citationFaults } from './citation';
import { commandFaults, experimentFaults } from './entrances';
import { labFieldFaults, manifestFaults, readManifest, sourceOf } from './manifest';
import type { AnyMethodCase } from './method-case';
import { methodContract } from './methods';
import { readmeFaults } from './readme-sections';

export interface PackageContractOptions {
  /** Milliseconds for one README snippet. @default 60000 */
  readonly readmeTimeout?: number;
}

export interface PaperContractOptions extends PackageContractOptions {
  /** The methods that join the method contract, one case each. */
  readonly methods: readonly AnyMethodCase[];
}

/**
 * Registers what every package of the project holds: its manifest, entrances that exist, licence, citation, and a
 * README with its sections in order whose snippets run as pasted. The package must be built.
 *
 * @param dir the package's folder or one inside it, such as the test's (`import.meta.dirname`)
 */
export function packageContract(dir: string, { readmeTimeout }: PackageContractOptions = {}): void {
  structure(packageFolder(dir), 'package', readmeTimeout);
}

/**
 * `packageContract`, and what a paper adds: the `lab` field, well-formed experiments and commands, a citation of the
 * paper, and the method contract for each method.
 */
export function paperContract(dir: string, { methods, readmeTimeout }: PaperContractOptions): void {
  const folder = packageFolder(dir);
  structure(folder, 'paper', readmeTimeout);
  const manifest = readManifest(folder);
  const load = async (entrance: string): Promise<Record<string, unknown>> => {
    const file = join(folder, sourceOf(manifest, entrance) ?? '');
    return (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Record<string, unknown>;
  };
  describe('paper contract', () => {
    test('the lab field is valid', () => {
      expect(labFieldFaults(manifest)).toEqual([]);
    });
    test('experiments are well formed', async () => {
      const { experiments } = await load(manifest.lab?.experiments ?? './experiments');
      expect(experimentFaults(experiments, manifest.lab?.paper?.id ?? '')).toEqual([]);
    });
    const entrance = manifest.lab?.commands;
    if (entrance !== undefined)
      test('commands are well formed', async () => {
        expect(commandFaults((await load(entrance)).commands)).toEqual([]);
      });
    test('a method joins the method contract', () => {
      expect(methods.length).toBeGreaterThan(0);
    });
  });
  describe('method contract', () => {
    for (const method of methods) methodContract(method);
  });
}

function structure(folder: string, kind: 'package' | 'paper', readmeTimeout?: number): void {
  const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
  describe('package contract', () => {
    test('package.json says all it must, and its entrances exist', () => {
      expect(manifestFaults(folder)).toEqual([]);
    });
    test('has its licence', () => {
      expect(text('LICENSE')).toMatch(/^MIT License/);
    });
    test('has its citation', () => {
      const paper = kind === 'paper' ? (readManifest(folder).lab?.paper ?? {}) : undefined;
      expect(citationFaults(text('CITATION.cff'), paper)).toEqual([]);
    });
    test('the README has its sections in order', () => {
      expect(readmeFaults(text('README.md'), kind)).toEqual([]);
    });
  });
  if (existsSync(join(folder, 'README.md')))
    testReadme({ dir: folder, ...(readmeTimeout === undefined ? {} : { timeout: readmeTimeout }) });
}

function packageFolder(from: string): string {
  for (let dir = from; dirname(dir) !== dir; dir = dirname(dir))
    if (existsSync(join(dir, 'package.json'))) return dir;
  throw new Error(`no package.json at or above ${from}`);
}
