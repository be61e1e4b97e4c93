import { join } from 'node:path';
import { readReference } from './reference';

// `pnpm run docs [FOLDER]`: the site, or what is wrong with it.
const folder = process.argv[2] ?? join(import.meta.dirname, '..', 'site');
const { faults, write } = await readReference();
await write(folder);
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.stdout.write(`${faults.length} faults; the site is ${join(folder, 'index.html')}\n`);
process.exitCode = faults.length === 0 ? 0 : 1;
