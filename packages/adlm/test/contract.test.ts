import { engine } from '@lab/tensor-core';
import { paperContract } from '@lab/testing';
import { beforeAll } from 'vitest';
import { models, samplingCase, trainingCase } from './support/method-cases';

beforeAll(() => engine());

paperContract(import.meta.dirname, {
  methods: [...models.map(trainingCase), ...models.map(samplingCase)],
});
