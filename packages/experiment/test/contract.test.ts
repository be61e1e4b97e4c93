import { join } from 'node:path';
import { packageContract, testExample } from '@lab/testing';

const dir = join(import.meta.dirname, '..');
packageContract(dir);
testExample(join(dir, 'examples', 'nano.ts'), {
  dir,
  output: `completed: The variance is 1 (..., n = 4)
report.html figures...density.svg`,
});
