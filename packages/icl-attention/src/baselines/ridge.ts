import { matmul, pinv, solve, type Array64 } from '@lab/tensor-core/linalg64';
import { checkPromptData, type Regressor } from '../attention/prompt';
import { checkNumber } from '../theory/checks';

/**
 * Ridge regression with an intercept, which is not shrunk: for affine tasks nothing that averages labels comes near it.
 * lambda = sigma^2 d / L^2 is the prior's own; 0 is least squares (the shortest solution where there are many).
 */
export function ridge({ lambda }: { /** From 0. */ readonly lambda: number }): Regressor {
  checkNumber(lambda, { argument: 'lambda', where: 'ridge', from: 0 });
  return {
    name: lambda === 0 ? 'least squares' : 'ridge regression',
    predict(prompt) {
      const { context, dimension, queries } = checkPromptData(prompt, 'ridge');
      const { x, y, mask } = prompt;
      const size = dimension + 1;
      const gram = new Float64Array(size * size);
      const right = new Float64Array(size);
      const row = new Float64Array(size).fill(1);
      for (let i = 0; i < context; i++) {
        if (mask && !mask[i]) continue;
        row.set(x.data.subarray(i * dimension, (i + 1) * dimension), 1);
        for (let a = 0; a < size; a++) {
          right[a]! += row[a]! * y[i]!;
          for (let b = 0; b < size; b++) gram[a * size + b]! += row[a]! * row[b]!;
        }
      }
      for (let j = 1; j < size; j++) gram[j * size + j]! += lambda;
      const system: Array64 = { shape: [size, size], data: gram };
      const target: Array64 = { shape: [size, 1], data: right };
      const { data: weights } = lambda > 0 ? solve(system, target) : matmul(pinv(system), target);
      return Float64Array.from({ length: queries }, (_, q) => {
        let label = weights[0]!;
        for (let j = 0; j < dimension; j++)
          label += weights[j + 1]! * prompt.queries.data[q * dimension + j]!;
        return label;
      });
    },
  };
}
