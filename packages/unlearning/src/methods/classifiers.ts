import { tf } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { assertCount, assertWeight } from './settings';
import type { UnlearnMethod } from './types';

/**
 * SCRUB: even epochs and the last `gdEpochs` take J_r + distillation KL_r, the others climb forgetWeight KL_f, with the
 * model before unlearning as the teacher. The first epoch must be a retain epoch: at the teacher itself KL_f is flat.
 */
export function scrub({
  distillation = 1,
  forgetWeight = 0.01,
  gdEpochs = 0,
}: {
  readonly distillation?: number;
  readonly forgetWeight?: number;
  readonly gdEpochs?: number;
} = {}): UnlearnMethod {
  assertWeight('scrub', { distillation, forgetWeight });
  assertCount('scrub', { gdEpochs }, 0);
  return {
    name: 'scrub',
    needs: { forget: true, classifier: true, teacher: true },
    weights({ epoch, epochs }) {
      const keeps = epoch % 2 === 0 || epoch >= epochs - gdEpochs;
      return {
        retain: keeps ? 1 : 0,
        distillation: keeps ? distillation : 0,
        forget: keeps ? 0 : forgetWeight,
      };
    },
    loss: ({ retain, retainDistillation, forgetDistillation }, weights) =>
      tf.sub(
        tf.add(tf.mul(weights.retain!, retain()), tf.mul(weights.distillation!, retainDistillation())),
        tf.mul(weights.forget!, forgetDistillation()),
      ),
  };
}

/** NPO: (2 / beta) mean log(1 + (p / p_teacher)^beta) on the data to forget, in logarithms; beta near 0 is ascent. */
export function npo({ beta = 0.1 }: { readonly beta?: number } = {}): UnlearnMethod {
  if (!(beta > 0 && beta < Infinity))
    throw new LabError('argument', 'npo: beta must be above 0', { argument: 'beta', received: beta });
  return {
    name: 'npo',
    needs: { forget: true, classifier: true, teacher: true },
    weights: () => ({ beta }),
    loss: ({ forgetLogRatio }, weights) =>
      tf.mul(tf.div(2, weights.beta!), tf.mean(tf.softplus(tf.mul(weights.beta!, forgetLogRatio())))),
  };
}

/** SalUn: J_r + forgetWeight J on the forget batch with wrong labels, for the parameters that the forget loss moves most. */
export function salun({ forgetWeight = 0.1 }: { readonly forgetWeight?: number } = {}): UnlearnMethod {
  assertWeight('salun', { forgetWeight });
  return {
    name: 'salun',
    needs: { forget: true, classifier: true, wrongLabels: true, saliency: true },
    weights: () => ({ forgetWeight }),
    loss: ({ retain, wrong }, weights) => tf.add(retain(), tf.mul(weights.forgetWeight!, wrong())),
  };
}
