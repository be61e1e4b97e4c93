import { join } from 'node:path';
import { testExample } from '@lab/testing';

const dir = join(import.meta.dirname, '..');
testExample(join(dir, 'examples/nano.ts'), {
  dir,
  output: `free: 0.72 in the right cluster, |x + y - 1| <= 5e+0
on the line: 0.99 in the right cluster, |x + y - 1| <= ...e-16`,
});
