import { join } from 'node:path';
import { paperContract, testExample } from '@lab/testing';
import { methodCases } from './support/method-cases';

paperContract(import.meta.dirname, { methods: methodCases });

const dir = join(import.meta.dirname, '..');

testExample(join(dir, 'examples/nano.ts'), {
  dir,
  output: '... constraints on each of 200 series\nviolated by 0%, at most ...\nthe first: 45 ... 47\n',
});
