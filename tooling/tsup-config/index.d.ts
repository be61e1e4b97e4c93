import type { Options } from 'tsup';

/** The build of one package: ESM and CommonJS with declarations for each, no bundled dependencies. */
export function labBuild(entry: Record<string, string>, overrides?: Options): Options;
