import { join } from 'node:path';
import { packageContract, testExample } from '@lab/testing';

const dir = join(import.meta.dirname, '..');
packageContract(dir);
testExample(join(dir, 'examples', 'nano.ts'), {
  dir,
  output: `6975744 parameters, 8000 pieces
the question and the dogs 0..., the question and the train ...
6144 numbers train, 3 x 512 numbers come out
saved again: 27.9 MB`,
});
