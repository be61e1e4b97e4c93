import { disposeTree, tf } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn } from '@lab/tensor-core/random';
import {
  networkRunner,
  sampleTokens,
  type KeyValues,
  type SampleTokensOptions,
  type SampleTokensResult,
  type StepInputs,
  type StepResult,
  type TokenArray,
  type TokenControl,
  type TokenDenoiser,
  type TokenPredictContext,
  type TokenTransformer,
  type TokenTransformerParams,
} from '@lab/diffusion-core/discrete';

export interface BlockSampling {
  readonly network: TokenTransformer;
  readonly params: TokenTransformerParams;
  readonly blockSize: number;
  readonly vocabSize: number;
  readonly maskId: number;
}

/**
 * Fills block after block, each by any solver of masked diffusion, `steps` being those of one block. A block is predicted
 * from its own tokens and the keys and values of the clean blocks before it, which are computed once.
 *
 * @param whole what to fill, [B, L] in whole blocks; written to
 */
export async function sampleBlocks(
  { network, params, blockSize, vocabSize, maskId }: BlockSampling,
  whole: TokenArray,
  options: Omit<SampleTokensOptions, 'shape' | 'init'>,
): Promise<SampleTokensResult> {
  if (options.cache)
    throw new LabError(
      'argument',
      'block diffusion keeps the clean blocks, and predicts all sequences together',
      {
        argument: 'cache',
        hint: 'leave cache out',
      },
    );
  const [rows, length] = whole.shape as [number, number];
  const runner = networkRunner<TokenTransformerParams, StepInputs, StepResult>({
    apply: (weights, x, _, before) => network.step(weights, x, before!),
  });
  let cache: readonly KeyValues[] = network.emptyCache(rows, length);
  let modelCalls = 0;
  const step = (block: TokenArray, first: number, context: TokenPredictContext): StepResult => {
    const x = tf.tensor2d(block.data, [rows, blockSize], 'int32');
    const place = tf.tensor1d([first], 'int32');
    try {
      modelCalls += 1;
      return runner.call({ params, x, t: 0, condition: { cache, place } }, context);
    } finally {
      tf.dispose([x, place]);
    }
  };
  const denoiserAt = (first: number): TokenDenoiser => ({
    vocabSize,
    maskId,
    timeConditioned: false,
    async predict(block, context = {}) {
      const { logits, cache: after } = step(block, first, context);
      try {
        return { logits: (await logits.data()) as Float32Array };
      } finally {
        disposeTree([logits, after]);
      }
    },
  });

  const cost = { steps: 0, seconds: 0, filledLast: 0 };
  try {
    for (let first = 0; first < length; first += blockSize) {
      let block = part(whole, first, blockSize);
      if (block.data.includes(maskId)) {
        const within = inBlock(options, whole, first);
        const key = foldIn(options.key, first / blockSize);
        const { samples, ...own } = await sampleTokens(denoiserAt(first), {
          ...within,
          init: block,
          key,
          cache: false,
        });
        block = samples;
        for (const name of ['steps', 'seconds', 'filledLast'] as const) cost[name] += own[name];
        put(whole, block, first);
      }
      if (first + blockSize === length) break;
      const { logits, cache: after } = step(block, first, { engine: options.engine, calls: length });
      disposeTree([logits, cache]);
      cache = after;
    }
  } finally {
    disposeTree(cache);
    runner.dispose();
  }
  return { samples: whole, ...cost, modelCalls, sequencesPredicted: modelCalls * rows };
}

/** Controls and listeners are told of places in the whole sequence, up to the end of the block. */
function inBlock(
  options: Omit<SampleTokensOptions, 'shape' | 'init'>,
  whole: TokenArray,
  first: number,
): Omit<SampleTokensOptions, 'shape' | 'init'> {
  const { controls = [], onStep } = options;
  const [rows, length] = whole.shape as [number, number];
  const before = (row: number, block: ArrayLike<number>): Int32Array => {
    const seen = new Int32Array(first + block.length);
    seen.set(whole.data.subarray(row * length, row * length + first));
    seen.set(Array.from(block), first);
    return seen;
  };
  const placed = (control: TokenControl): TokenControl => ({
    ...control,
    estimate: (law, at) =>
      control.estimate?.(law, {
        ...at,
        place: first + at.place,
        tokens: before(at.sequence, at.tokens),
      }) ?? law,
  });
  return {
    ...options,
    controls: controls.map(placed),
    ...(onStep && {
      onStep(event) {
        const size = event.tokens.data.length / rows;
        const data = new Int32Array(rows * (first + size));
        for (let row = 0; row < rows; row++)
          data.set(
            before(row, event.tokens.data.subarray(row * size, (row + 1) * size)),
            row * (first + size),
          );
        return onStep({ ...event, tokens: { shape: [rows, first + size], data } });
      },
    }),
  };
}

function part({ shape, data }: TokenArray, first: number, size: number): TokenArray {
  const [rows, length] = shape as [number, number];
  const picked = new Int32Array(rows * size);
  for (let row = 0; row < rows; row++)
    picked.set(data.subarray(row * length + first, row * length + first + size), row * size);
  return { shape: [rows, size], data: picked };
}

function put(whole: TokenArray, { shape, data }: TokenArray, first: number): void {
  const [rows, size] = shape as [number, number];
  const length = whole.shape[1]!;
  for (let row = 0; row < rows; row++)
    whole.data.set(data.subarray(row * size, (row + 1) * size), row * length + first);
}
