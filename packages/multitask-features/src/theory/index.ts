import {
  arcLaw,
  balancedCoefficient,
  oddUpdate,
  predictedLeak,
  taskDiversity,
  uniformCoefficients,
} from './closed-forms';

/** Closed forms of section 4.2, each checked by sampling in the tests. */
export const theory = {
  taskDiversity,
  oddUpdate,
  balancedCoefficient,
  uniformCoefficients,
  predictedLeak,
  arcLaw,
};
