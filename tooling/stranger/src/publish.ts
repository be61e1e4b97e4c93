import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Registry } from './registry';
import { run } from './run';
import type { PublicPackage } from './workspace';

/**
 * Packs a built package as a release would and publishes the tarball.
 * @returns bytes of the tarball
 */
export async function publish(
  { dir, name }: PublicPackage,
  { registry, folder }: { readonly registry: Registry; readonly folder: string },
): Promise<number> {
  const target = join(folder, name.replace('/', '-'));
  mkdirSync(target, { recursive: true });
  await run('pnpm', ['pack', '--pack-destination', target], { cwd: dir });
  const tarball = join(
    target,
    readdirSync(target).find((file) => file.endsWith('.tgz'))!,
  );
  // Provenance is signed by the release's own machine only
  const args = ['publish', tarball, '--access', 'public', '--provenance=false', '--ignore-scripts'];
  await run('npm', args, { cwd: target, env: { npm_config_userconfig: registry.userconfig } });
  return statSync(tarball).size;
}
