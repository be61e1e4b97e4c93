import { eventLoopBreather } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn, uniform64 } from '@lab/tensor-core/random';
import { throwIfAborted } from '../../sampling/abort';
import { lockedIn, type Rate } from '../solvers';
import type { TokenDenoiser, TokenPrediction } from '../types';
import { firstTokens } from './first-tokens';
import { samplingTimes, stepLevels } from './grid';
import type { SampleTokensOptions, SampleTokensResult } from './options';
import { heldPredictions } from './predictions';
import { cleanProbabilities, drawToken, likeliest } from './row';
import { steered } from './steered';

/**
 * Draws sequences by running the masking process backwards: from masks alone, or from `init`, whose tokens are given and
 * whose masks are filled. Any denoiser, any solver. Tokens are drawn from double-precision probabilities; a mask that is
 * left after the last step takes its likeliest token.
 *
 * @throws LabError `argument` and `shape` for options that do not fit; `numeric` naming the step and place of a
 * prediction that is no distribution; `aborted`
 * @example
 * const { samples } = await sampleTokens(denoiser, { shape: [4, 64], steps: 32, key: key(0) });
 */
export async function sampleTokens<Prediction extends TokenPrediction>(
  denoiser: TokenDenoiser<Prediction>,
  options: SampleTokensOptions<Prediction>,
): Promise<SampleTokensResult> {
  const { solver = lockedIn(), temperature = 1, signal, onStep, key } = options;
  const { vocabSize, maskId, timeConditioned } = denoiser;
  const tokens = firstTokens(denoiser, options);
  const [batch, length] = tokens.shape as [number, number];
  const state = tokens.data;
  const given = Uint8Array.from(state, (id) => (id === maskId ? 0 : 1));
  const times = samplingTimes(options, solver, most(given, batch, length));
  const steps = times.length - 1;
  const cache = options.cache ?? !timeConditioned;
  if ((cache || solver.stepsFor) && timeConditioned)
    throw new LabError('argument', 'a time-conditioned denoiser answers anew at every time', {
      argument: cache ? 'cache' : 'solver',
      hint: cache ? 'leave cache out' : `take another solver than '${solver.name}'`,
    });
  if (!(temperature > 0))
    throw new LabError('argument', 'temperature is above 0', {
      argument: 'temperature',
      received: temperature,
    });
  throwIfAborted(signal, 'sampling');

  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  const breathe = eventLoopBreather();
  const predictions = heldPredictions(denoiser, { cache });
  const confidence = new Float64Array(batch * length);
  const changed = new Uint8Array(batch).fill(1);
  const sequenceKeys = Array.from({ length: batch }, (_, sequence) => foldIn(key, sequence));

  /** The distribution at a place, ready to draw from. */
  const distribution = (sequence: number, place: number, at: { t: number; index: number }): Float64Array => {
    const { prediction, row } = predictions.of(sequence);
    const probabilities = cleanProbabilities(prediction.logits, {
      start: (row * length + place) * vocabSize,
      vocabSize,
      maskId,
      temperature,
      place: `step ${at.index}, sequence ${sequence}, place ${place}`,
    });
    const seen = state.subarray(sequence * length, (sequence + 1) * length);
    return steered(probabilities, { sequence, place, tokens: seen, maskId, t: at.t }, options);
  };
  const set = (sequence: number, at: number, id: number): void => {
    if (state[at] !== id) changed[sequence] = 1;
    state[at] = id;
  };

  for (let index = 0; index < steps; index++) {
    throwIfAborted(signal, 'sampling');
    const [t, tNext] = [times[index]!, times[index + 1]!];
    const levels = stepLevels({ index, steps, t, tNext }, options);
    await predictions.refresh(tokens, changed, {
      engine: options.engine,
      calls: steps,
      totalNoise: -Math.log(Math.max(levels.alpha, 1e-12)),
    });
    changed.fill(0);

    const at = { index, steps, t, tNext, ...levels };
    const shared = solver.remembers ? undefined : solver.rates({ ...at, ...untold(length) });
    for (let sequence = 0; sequence < batch; sequence++) {
      const first = sequence * length;
      const tokensBefore = state.subarray(first, first + length);
      // Draws belong to their step, so a sequence that nothing can happen to needs none.
      if (shared?.remask === 0 && !tokensBefore.includes(maskId)) continue;
      const draws = uniform64(foldIn(sequenceKeys[sequence]!, index), 2 * length + 1);
      const masked = Uint8Array.from(tokensBefore, (id) => (id === maskId ? 1 : 0));
      const seen = {
        masked,
        given: given.subarray(first, first + length),
        confidence: confidence.subarray(first, first + length),
        draw: draws[2 * length]!,
      };
      const { unmask, remask } = shared ?? solver.rates({ ...at, ...seen });
      const { prediction, row } = predictions.of(sequence);
      const factors = prediction.unmaskFactor?.subarray(row * length, (row + 1) * length);
      // Every distribution is of the sequence before the step, so tokens are placed together.
      const drawn: [place: number, id: number, confidence: number][] = [];
      for (let place = 0; place < length; place++) {
        const here = first + place;
        // A step to the clean end leaves no mask, however slowly the model unmasks.
        const factor = tNext === 0 ? 1 : (factors?.[place] ?? 1);
        const rate = masked[place] ? rateAt(unmask, place) * factor : rateAt(remask, place);
        const isHit = draws[2 * place]! < rate;
        if (!isHit || given[here]) continue;
        if (!masked[place]) drawn.push([here, maskId, 0]);
        else {
          const probabilities = distribution(sequence, place, { t, index });
          const id = drawToken(probabilities, draws[2 * place + 1]!);
          drawn.push([here, id, probabilities[id]!]);
        }
      }
      for (const [place, id, probability] of drawn) {
        set(sequence, place, id);
        confidence[place] = probability;
      }
    }
    await onStep?.({
      ...at,
      tokens,
      predictionOf: (sequence) => predictions.of(sequence),
      modelCalls: predictions.modelCalls,
      seconds: seconds(),
    });
    await breathe();
  }

  const filledLast = state.reduce((count, id) => count + (id === maskId ? 1 : 0), 0);
  if (filledLast > 0) {
    throwIfAborted(signal, 'sampling');
    await predictions.refresh(tokens, changed, { engine: options.engine, calls: steps });
    for (let sequence = 0; sequence < batch; sequence++) {
      const left = Array.from({ length }, (_, place) => place).filter(
        (place) => state[sequence * length + place] === maskId,
      );
      const chosen = left.map((place) =>
        likeliest(distribution(sequence, place, { t: times[steps]!, index: steps })),
      );
      left.forEach((place, i) => (state[sequence * length + place] = chosen[i]!));
    }
  }
  const { modelCalls, sequencesPredicted } = predictions;
  return { samples: tokens, modelCalls, sequencesPredicted, steps, seconds: seconds(), filledLast };
}

/** What a solver whose chances do not depend on the sequence is told of it. */
const untold = (length: number) => ({
  masked: new Uint8Array(length),
  given: new Uint8Array(length),
  confidence: new Float64Array(length),
  draw: 0,
});

const rateAt = (rate: Rate, place: number): number => (typeof rate === 'number' ? rate : rate[place]!);

/** The most places to fill in one sequence. */
function most(given: Uint8Array, batch: number, length: number): number {
  let greatest = 0;
  for (let sequence = 0; sequence < batch; sequence++) {
    const row = given.subarray(sequence * length, (sequence + 1) * length);
    greatest = Math.max(greatest, length - row.reduce((sum, each) => sum + each, 0));
  }
  return greatest;
}
