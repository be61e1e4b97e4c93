import { paperContract } from '@lab/testing';
import { methodCases } from './support/method-cases';

paperContract(import.meta.dirname, { methods: methodCases });
