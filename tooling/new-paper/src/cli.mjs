#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generatePaper } from './generate.mjs';

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const usage = `pnpm new-paper NAME [--title TITLE] [--arxiv NUMBER] [--authors "Family, Given; Family, Given"] [--no-install]

Makes packages/NAME: a paper package that builds, lints, passes its tests and appears in \`lab list\` as it is.`;

const isWindows = process.platform === 'win32';

function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      title: { type: 'string' },
      arxiv: { type: 'string' },
      authors: { type: 'string' },
      'no-install': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help || positionals.length !== 1) {
    console.error(usage);
    return values.help ? 0 : 2;
  }
  const [name] = positionals;
  const { title, arxiv, authors } = values;
  for (const file of generatePaper(root, { name, title, arxiv, authors })) console.log(file);
  if (!values['no-install']) {
    const { status } = spawnSync('pnpm', ['install', '--prefer-offline'], {
      cwd: root,
      stdio: 'inherit',
      shell: isWindows,
    });
    if (status !== 0) return status ?? 1;
  }
  console.log(`
Next: pnpm turbo run build lint test --filter=@lab/${name}
      npx lab list
Then put the paper's method in place of the example in packages/${name}/src; CONTRIBUTING.md says what a paper needs.`);
  return 0;
}

try {
  process.exitCode = main();
} catch (error) {
  console.error(`new-paper: ${error.message}`);
  process.exitCode = 2;
}
