import { checkPromptData, type Regressor } from '../attention/prompt';

/** The mean label of the context, whatever the query: attention with w = 0. */
export function meanLabel(): Regressor {
  return {
    name: 'mean label',
    predict(prompt) {
      const { context, queries } = checkPromptData(prompt, 'meanLabel');
      const { y, mask } = prompt;
      let [sum, count] = [0, 0];
      for (let i = 0; i < context; i++) {
        if (mask && !mask[i]) continue;
        sum += y[i]!;
        count++;
      }
      return new Float64Array(queries).fill(sum / count);
    },
  };
}
