import { LabError } from '@lab/tensor-core/errors';
import { samplingTimes, stepLevels } from '../sampling/grid';
import { nucleus, type NucleusOptions } from '../sampling/nucleus';
import { cleanProbabilities, likeliest } from '../sampling/row';
import { lockedIn, type Rate, type TokenSolver } from '../solvers';
import type { MaskingSchedule, TokenDenoiser } from '../types';
import { sequenceAt } from './oracle-denoiser';

export interface PropagateOptions {
  readonly length: number;
  /** @default lockedIn() */
  readonly solver?: TokenSolver;
  /** @default `alpha = 1 - t` */
  readonly schedule?: MaskingSchedule;
  readonly steps?: number;
  /** The grid of times itself; replaces `steps`. */
  readonly times?: readonly number[];
  readonly nucleus?: NucleusOptions;
  /** The law to start from, over `vocabSize ** length` states, the last place fastest. @default all masked */
  readonly init?: Float64Array;
  /** Whether masks that are left take their likeliest token. @default true */
  readonly fill?: boolean;
}

/**
 * The exact law of what `sampleTokens` draws, over all `vocabSize ** length` states (the last place fastest), without
 * drawing: for small vocabularies and short sequences.
 *
 * @throws LabError `argument` for more than a million states, `unsupported` for solvers whose chances depend on more
 * than the tokens
 */
export async function propagate(
  denoiser: TokenDenoiser,
  { length, solver = lockedIn(), steps, times, init, fill = true, ...rest }: PropagateOptions,
): Promise<Float64Array> {
  const { vocabSize, maskId } = denoiser;
  const states = vocabSize ** length;
  if (states > 1e6)
    throw new LabError('argument', 'propagation is for at most a million states', { received: states });
  if (solver.remembers)
    throw new LabError('unsupported', `the chances of '${solver.name}' depend on more than the tokens`);
  const sequences = Array.from({ length: states }, (_, i) => sequenceAt(i, vocabSize, length));
  const predictionsOf = async (totalNoise: number) => {
    const data = Int32Array.from(sequences.flat());
    const tokens = { shape: [states, length], data };
    const { logits, unmaskFactor } = await denoiser.predict(tokens, { totalNoise });
    const distributions = sequences.map((sequence, state) =>
      sequence.map((id, place) => {
        if (id !== maskId) return new Float64Array(0);
        const start = (state * length + place) * vocabSize;
        const row = cleanProbabilities(logits, { start, vocabSize, maskId, place: `state ${state}` });
        return rest.nucleus ? nucleus(row, rest.nucleus) : row;
      }),
    );
    return { distributions, factorOf: (at: number): number => unmaskFactor?.[at] ?? 1 };
  };

  let law = init ?? new Float64Array(states);
  if (!init) law[sequences.findIndex((sequence) => sequence.every((id) => id === maskId))] = 1;
  const grid = samplingTimes({ steps, times }, solver, length);
  let predictions = await predictionsOf(0);
  for (let index = 0; index + 1 < grid.length; index++) {
    const [t, tNext] = [grid[index]!, grid[index + 1]!];
    const at = { index, steps: grid.length - 1, t, tNext };
    const levels = stepLevels(at, { solver, schedule: rest.schedule });
    if (denoiser.timeConditioned) predictions = await predictionsOf(-Math.log(Math.max(levels.alpha, 1e-12)));
    const next = new Float64Array(states);
    for (const [state, sequence] of sequences.entries()) {
      if (law[state] === 0) continue;
      const masked = Uint8Array.from(sequence, (id) => (id === maskId ? 1 : 0));
      const [given, confidence] = [new Uint8Array(length), new Float64Array(length)];
      const { unmask, remask } = solver.rates({ ...at, ...levels, masked, given, confidence, draw: 0 });
      const rows = sequence.map((id, place) => {
        const row = new Float64Array(vocabSize);
        if (masked[place]) {
          const factor = tNext === 0 ? 1 : predictions.factorOf(state * length + place);
          const chance = Math.min(1, rateAt(unmask, place) * factor);
          predictions.distributions[state]![place]!.forEach((p, token) => (row[token] = chance * p));
          row[maskId] = 1 - chance;
        } else {
          row[id] = 1 - rateAt(remask, place);
          row[maskId] = rateAt(remask, place);
        }
        return row;
      });
      spread(rows, law[state]!, next);
    }
    law = next;
  }
  if (!fill) return law;
  const filled = new Float64Array(states);
  for (const [state, sequence] of sequences.entries()) {
    const ids = sequence.map((id, place) =>
      id === maskId ? likeliest(predictions.distributions[state]![place]!) : id,
    );
    filled[ids.reduce((sum, id) => sum * vocabSize + id, 0)]! += law[state]!;
  }
  return filled;
}

const rateAt = (rate: Rate, place: number): number => (typeof rate === 'number' ? rate : rate[place]!);

/** Adds the product law of `rows`, times `mass`, to `law`. */
function spread(rows: readonly Float64Array[], mass: number, law: Float64Array, place = 0, prefix = 0): void {
  if (place === rows.length) {
    law[prefix]! += mass;
    return;
  }
  const row = rows[place]!;
  for (let id = 0; id < row.length; id++)
    if (row[id]! > 0) spread(rows, mass * row[id]!, law, place + 1, prefix * row.length + id);
}
