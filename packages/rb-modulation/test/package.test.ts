import { join } from 'node:path';
import { testExample } from '@lab/testing';

const dir = join(import.meta.dirname, '..');
testExample(join(dir, 'examples/compose.ts'), {
  dir,
  output: `without control: style ...
bounded: style 0.9..., from -0.6 to 0.8
inverted: style ... before, 0.9... after
measured: off by 0.... at most`,
});
