import { beforeAll } from 'vitest';
import { engine } from '@lab/tensor-core';
import { paperContract } from '@lab/testing';
import { methodCases } from './support/cases';

beforeAll(() => engine());

paperContract(import.meta.dirname, { methods: methodCases });
