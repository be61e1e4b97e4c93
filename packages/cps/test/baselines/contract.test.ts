import { methodContract } from '@lab/testing';
import { methodCases } from '../support/method-cases';

for (const each of methodCases) methodContract(each);
