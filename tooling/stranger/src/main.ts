/*
 * `pnpm matrix [PACKAGE...]`: every package by npm and by pnpm, its quickstart in every mode on every supported Node; a table of
 * what each costs. Exit code 1 when one fails or is above its budget.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { budgetOf } from './budget';
import { lines, nodeOf } from './nodes';
import { publish } from './publish';
import { importTime, modes, quickstart } from './quickstart';
import { startRegistry } from './registry';
import { visit } from './visit';
import { publicPackages } from './workspace';

const words = process.argv.slice(2);
const chosen = publicPackages().filter(({ name }) => words.length === 0 || words.includes(name));
const folder = mkdtempSync(join(tmpdir(), 'lab-stranger-'));
const registry = await startRegistry(join(folder, 'registry'));
let faults = 0;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const attempt = async (label: string, work: () => Promise<void>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    faults++;
    print(`${label}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

try {
  for (const each of publicPackages()) await publish(each, { registry, folder: join(folder, 'tarballs') });
  const nodes = new Map<number, string>();
  for (const line of lines) nodes.set(line, await nodeOf(line, folder));
  print('package | by | own MB | installed MB | import ms on Node 20, 22, 24');
  for (const each of chosen)
    for (const manager of ['npm', 'pnpm'] as const)
      await attempt(`${each.name} by ${manager}`, async () => {
        const { project, own, installed } = await visit(each, { registry, folder, manager });
        const times: number[] = [];
        for (const [line, node] of nodes) {
          times.push(await importTime(each.name, project.dir, node));
          for (const mode of modes)
            // Types and bundles do not depend on the Node that runs the code
            if (line === lines[0] || mode === 'ES module' || mode === 'CommonJS')
              await attempt(`${each.name} by ${manager}, Node ${line}, ${mode}`, () =>
                quickstart(project, mode, { node }),
              );
        }
        const shown = times.map((time) => time.toFixed(0)).join(', ');
        print([each.name, manager, own.toFixed(1), installed.toFixed(0), shown].join(' | '));
        const budget = budgetOf(each.name);
        if (own > budget.own || installed > budget.installed || Math.max(...times) > budget.imported)
          throw new Error(`above its budget ${JSON.stringify(budget)}`);
        rmSync(project.dir, { recursive: true, force: true });
      });
} finally {
  await registry.close();
  rmSync(folder, { recursive: true, force: true });
}
print(faults === 0 ? 'everything works' : `${faults} faults`);
process.exitCode = faults === 0 ? 0 : 1;
