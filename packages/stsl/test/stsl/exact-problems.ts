import { fromRows, identity } from '@lab/tensor-core/linalg64';
import { linearAutoencoder, linearProblem, mixturePrior, trainedTimes } from '../../src';
import { fixture, trained } from '../support';

export const schedule = trained;
export const times = trainedTimes({ steps: 20 });

export const pixels = (size: number) => linearAutoencoder({ basis: identity(size) });

/** N(0, I). */
export const standard = (size: number, at = schedule) =>
  mixturePrior({ weights: [1], means: [new Float64Array(size)], covariances: 1, schedule: at });

/** One number of N(0, 1), measured as 1. */
export const scalar = (at = schedule) =>
  linearProblem({
    prior: standard(1, at),
    matrix: fromRows([[1]]),
    y: fromRows([[1]]),
    autoencoder: pixels(1),
  });

/** Fixture G seen through a matrix [1, 2]. */
export const curved = (batch = 1) =>
  linearProblem({
    prior: fixture(schedule),
    matrix: fromRows([[1, 0.5]]),
    y: fromRows([[0.8], [-0.5], [0.3]].slice(0, batch)),
    autoencoder: pixels(2),
  });
