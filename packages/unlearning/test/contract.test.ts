import { engine } from '@lab/tensor-core';
import { paperContract } from '@lab/testing';
import { methodCases } from './support/cases';

await engine();
paperContract(import.meta.dirname, { methods: methodCases });
