import { uniformInit, type Initializer } from '@lab/tensor-core';

/** Uniform within one over the square root of the number of inputs, as the official releases start their layers. */
export const uniformByInputs: Initializer = (key, shape) => uniformInit(1 / Math.sqrt(shape[0]!))(key, shape);
