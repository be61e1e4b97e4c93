import type { ViteUserConfig } from 'vitest/config';

/** Tests run against the sources of every workspace package, so no build stands between an edit and its test. */
export function labTests(overrides?: ViteUserConfig['test']): ViteUserConfig;
