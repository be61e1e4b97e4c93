import { join } from 'node:path';
import { engine } from '@lab/tensor-core';
import { paperContract, testExample } from '@lab/testing';
import { methodCases } from './support/cases';

await engine();
paperContract(import.meta.dirname, { methods: methodCases });

const dir = join(import.meta.dirname, '..');

testExample(join(dir, 'examples/transformer.ts'), {
  dir,
  output:
    'trained          repeats 8 of 8 wrong answers, ...\ngradient descent ...\nMinNorm-OG ...\n' +
    'retrained        repeats 0 of 8 wrong answers, ...\nfewer than by descent: true\n',
});
