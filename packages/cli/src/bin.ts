#!/usr/bin/env node
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { main } from './main';
import { abortOnInterrupt } from './terminal/interrupt';

const stderr = (text: string): void => {
  process.stderr.write(text);
};
// A reader that went away (`lab list | head`) is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

void main(process.argv.slice(2), {
  stdout: (text) => {
    process.stdout.write(text);
  },
  stderr,
  isTerminal: process.stderr.isTTY,
  signal: abortOnInterrupt(stderr),
  cores: availableParallelism(),
  cwd: process.cwd(),
  env: process.env,
  home: fileURLToPath(new URL('..', import.meta.url)),
}).then((code) => {
  process.exitCode = code;
});
