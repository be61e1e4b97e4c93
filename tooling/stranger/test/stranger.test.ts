import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { budgetOf } from '../src/budget';
import { publish } from '../src/publish';
import { modes, quickstart } from '../src/quickstart';
import { startRegistry, type Registry } from '../src/registry';
import { run } from '../src/run';
import { visit, type Visit } from '../src/visit';
import { publicPackages } from '../src/workspace';

const upstream = (await run('npm', ['config', 'get', 'registry'], { cwd: tmpdir() })).stdout.trim();
const reached = await fetch(`${upstream.replace(/\/$/, '')}/fflate`).then(
  ({ ok }) => ok,
  () => false,
);

/** A core, a paper on both cores and one without TensorFlow.js in its entrance; `pnpm matrix` visits all, on every Node. */
const visited = publicPackages().filter(({ name }) =>
  ['@lab/tensor-core', '@lab/cps', '@lab/bandits'].includes(name),
);

describe.skipIf(!reached)(`a stranger's install${reached ? '' : ' (no npm registry can be reached)'}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'lab-stranger-'));
  let registry: Registry;

  beforeAll(async () => {
    registry = await startRegistry(join(folder, 'registry'));
    for (const each of publicPackages()) await publish(each, { registry, folder: join(folder, 'tarballs') });
  });

  afterAll(async () => {
    await registry.close();
    rmSync(folder, { recursive: true, force: true });
  });

  describe.each(visited.map((each) => [each.name, each] as const))('%s', (name, each) => {
    describe.each(['npm', 'pnpm'] as const)('by %s', (manager) => {
      let found: Visit;

      beforeAll(async () => {
        found = await visit(each, { registry, folder, manager });
      });

      afterAll(() => rmSync(join(folder, manager, name), { recursive: true, force: true }));

      it.each(modes)('its quickstart works: %s', async (mode) => {
        await expect(quickstart(found.project, mode)).resolves.toBeUndefined();
      });

      it('keeps to its budget', () => {
        const { own, installed } = budgetOf(name);
        expect(found.own).toBeLessThan(own);
        expect(found.installed).toBeLessThan(installed);
      });
    });
  });
});
