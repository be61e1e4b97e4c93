import { paperContract } from '@lab/testing';
import { methodCases } from './support/cases';

paperContract(import.meta.dirname, { methods: methodCases });
