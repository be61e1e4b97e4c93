import { paperContract } from '@lab/testing';
import { engine } from '@lab/tensor-core';
import { beforeAll } from 'vitest';
import { methodCases } from './support/method-cases';

beforeAll(async () => {
  await engine();
});

paperContract(import.meta.dirname, { methods: methodCases });
