/** Constraints and projection without the sampler, so that their tests load no TensorFlow.js. */
export * from '../../src/constraints';
export * from '../../src/projection';
