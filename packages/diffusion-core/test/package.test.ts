import { packageContract } from '@lab/testing';

packageContract(import.meta.dirname);
