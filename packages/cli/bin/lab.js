#!/usr/bin/env node
// A file that is there before the first build, so that an install can link the command to it.
import { existsSync } from 'node:fs';

const program = new URL('../dist/bin.js', import.meta.url);
if (existsSync(program)) await import(program.href);
else {
  console.error('lab: the command is not built; run: pnpm build');
  process.exitCode = 2;
}
