import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { permutation, type Key } from '@lab/tensor-core/random';
import { addFree, unflatten } from '../model/flat-model';
import { gatherEach } from '../model/sample-gradients';
import { assertFraction, strengthAt } from '../projection/min-norm-step';
import { assertCount } from './settings';
import type { Batch, Place, Preparation, Prepared, UnlearnMethod, Workbench } from './types';

export interface MinNormOGOptions {
  /** lambda_reg in [0, 1]: the part of the orthogonal component that the first projection takes off. @default 0.1 */
  readonly strength?: number;
  /** gamma_reg in [0, 1]: the factor of the strength from one projection to the next. @default 0.9 */
  readonly strengthDecay?: number;
  /** T_GD: last epochs without projection, for repair. @default 0 */
  readonly gdEpochs?: number;
  /** T_Proj: epochs from one with projections to the next. @default 1 */
  readonly period?: number;
  /** n_pert: samples of a batch whose output gradients are kept; of classes in equal parts. @default 50 */
  readonly sampleSize?: number;
  /** Whether a step projects and then descends, as Algorithm 1, or the other way round. @default 'project-first' */
  readonly order?: 'project-first' | 'descend-first';
  /** As in `projectOut`. @default 1e-12 */
  readonly relTol?: number;
  /** Halves the strength until no output on the projected samples changes by more. An extension. @default off */
  readonly maxDrift?: number;
}

/**
 * MinNorm-OG (Algorithm 1): before each step on the retained loss, shrinks the component of the parameters that is
 * orthogonal to the gradients of the model's outputs on retained samples. Needs no data to forget; where a run has some,
 * its batches set the number of steps.
 */
export function minNormOG(options: MinNormOGOptions = {}): UnlearnMethod {
  const { strength = 0.1, strengthDecay = 0.9, gdEpochs = 0, period = 1, sampleSize = 50 } = options;
  assertFraction('strength', strength);
  assertFraction('strengthDecay', strengthDecay);
  assertCount('minNormOG', { gdEpochs }, 0);
  assertCount('minNormOG', { period, sampleSize }, 1);
  const projects = ({ epoch, epochs }: Place): boolean => epoch < epochs - gdEpochs && epoch % period === 0;

  const project = async (bench: Workbench, { place, key, retain, free }: Preparation): Promise<Prepared> => {
    const index = Math.floor(place.epoch / period) * place.stepsPerEpoch + place.stepInEpoch;
    let s = strengthAt(index, { strength, decay: strengthDecay });
    const x = await subsample(bench, retain, { sampleSize, key });
    try {
      const { theta, perp, rows, rank } = await bench.project(free, x, { relTol: options.relTol, key });
      let displacement = unflatten(
        perp.map((value) => -s * value),
        free,
      );
      let drift: number | undefined;
      for (let halvings = 0; options.maxDrift !== undefined; halvings++) {
        const moved = addFree(free, displacement);
        drift = await bench.drift(free, moved, x);
        tf.dispose(Object.values(moved));
        if (drift <= options.maxDrift || halvings === 40) break;
        s /= 2;
        tf.dispose(Object.values(displacement));
        displacement = unflatten(
          perp.map((value) => -s * value),
          free,
        );
      }
      const projection = {
        step: place.step,
        strength: s,
        rows,
        ...(rank !== undefined && { rank }),
        perpNorm: length(perp),
        norm: length(theta),
        ...(drift !== undefined && { maxDrift: drift }),
      };
      return { displacement, projection };
    } finally {
      x.dispose();
    }
  };

  return {
    name: 'minNormOG',
    needs: {},
    loss: ({ retain }) => retain(),
    session(bench) {
      if (gdEpochs > bench.places.epochs)
        throw new LabError('argument', 'minNormOG: more epochs without projection than epochs', {
          argument: 'gdEpochs',
          expected: `at most ${bench.places.epochs}`,
          received: gdEpochs,
        });
      if (options.order !== 'descend-first')
        return {
          prepare: async (at) => (projects(at.place) ? project(bench, at) : {}),
        };
      // What follows a step is done at the start of the next one, and after the last at the end.
      const after = async (at: Preparation): Promise<Prepared> => {
        const previous = placeBefore(at.place);
        return previous && projects(previous) ? project(bench, { ...at, place: previous }) : {};
      };
      return { prepare: after, finish: after };
    },
  };
}

function placeBefore(place: Place): Place | undefined {
  const step = place.step - 1;
  if (step < 0) return undefined;
  const { stepsPerEpoch } = place;
  return { ...place, step, epoch: Math.floor(step / stepsPerEpoch), stepInEpoch: step % stepsPerEpoch };
}

/** Random samples of a batch; of a classifier's as many of each class of the first head. */
async function subsample(
  { task }: Workbench,
  { x, y }: Batch,
  { sampleSize, key }: { readonly sampleSize: number; readonly key: Key },
): Promise<Tensor> {
  const order = Array.from(permutation(key, x.shape[0]));
  if (task === 'regression') return gatherEach(x, order.slice(0, sampleSize));
  const labels = await y[0]!.data();
  const classes = new Set(labels);
  const share = Math.floor(sampleSize / classes.size);
  if (share < 1)
    throw new LabError('argument', 'minNormOG: the sample is smaller than the number of classes in a batch', {
      argument: 'sampleSize',
      expected: `at least ${classes.size}`,
      received: sampleSize,
    });
  const taken = new Map<number, number>();
  const chosen = order.filter((row) => {
    const count = taken.get(labels[row]!) ?? 0;
    taken.set(labels[row]!, count + 1);
    return count < share;
  });
  return gatherEach(x, chosen);
}

const length = (values: Float64Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
