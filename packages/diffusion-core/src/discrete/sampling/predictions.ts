import { LabError } from '@lab/tensor-core/errors';
import type { TokenArray, TokenDenoiser, TokenPredictContext, TokenPrediction } from '../types';

interface Held<Prediction> {
  readonly prediction: Prediction;
  /** Which sequence of the prediction. */
  readonly row: number;
}

/** The denoiser's answers for every sequence of a run, asked anew where the tokens changed. */
export interface Predictions<Prediction extends TokenPrediction> {
  refresh(tokens: TokenArray, changed: Uint8Array, context: TokenPredictContext): Promise<void>;
  of(sequence: number): Held<Prediction>;
  readonly modelCalls: number;
  readonly sequencesPredicted: number;
}

export function heldPredictions<Prediction extends TokenPrediction>(
  denoiser: TokenDenoiser<Prediction>,
  { cache }: { readonly cache: boolean },
): Predictions<Prediction> {
  const held: (Held<Prediction> | undefined)[] = [];
  let [modelCalls, sequencesPredicted] = [0, 0];
  return {
    get modelCalls() {
      return modelCalls;
    },
    get sequencesPredicted() {
      return sequencesPredicted;
    },
    of(sequence) {
      return held[sequence]!;
    },
    async refresh(tokens, changed, context) {
      const [batch, length] = tokens.shape as [number, number];
      const wanted = Array.from(changed.keys()).filter((i) => !cache || changed[i] || held[i] === undefined);
      if (wanted.length === 0) return;
      // Few different batch sizes, since a compiled network is traced once for each of them.
      const size = Math.min(batch, 2 ** Math.ceil(Math.log2(wanted.length)));
      const data = new Int32Array(size * length);
      for (let i = 0; i < size; i++) {
        const sequence = wanted[Math.min(i, wanted.length - 1)]!;
        data.set(tokens.data.subarray(sequence * length, (sequence + 1) * length), i * length);
      }
      const prediction = await denoiser.predict({ shape: [size, length], data }, context);
      const expected = size * length * denoiser.vocabSize;
      if (prediction.logits.length !== expected)
        throw new LabError('shape', 'a prediction has a logit for every place and token', {
          argument: 'denoiser',
          expected,
          received: prediction.logits.length,
        });
      modelCalls += 1;
      sequencesPredicted += wanted.length;
      wanted.forEach((sequence, row) => (held[sequence] = { prediction, row }));
    },
  };
}
