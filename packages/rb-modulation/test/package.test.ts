import { join } from 'node:path';
import { testExample } from '@lab/testing';

const dir = join(import.meta.dirname, '..');
testExample(join(dir, 'examples/compose.ts'), {
  dir,
  output: `without control: style 0.2...
bounded: style 0.6..., from -0.6 to 0.8
inverted: style 0.0... before, 1.00 after
measured: off by 0.1 at most`,
});
