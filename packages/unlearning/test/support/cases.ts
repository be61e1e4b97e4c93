import { disposeTree, loadTree, saveTree, tf, type Tensor } from '@lab/tensor-core';
import { readSafetensors, writeSafetensors } from '@lab/tensor-core/io';
import { methodCase, notApplicable, type AnyMethodCase } from '@lab/testing';
import {
  gradientAscent,
  gradientDescent,
  l1Sparse,
  minNormOG,
  negGradPlus,
  noisyGradientDescent,
  npo,
  orthoGrad,
  retrain,
  ridge,
  salun,
  scrub,
  unlearn,
  type UnlearnMethod,
} from '../../src';
import { classifier, classifierProblem } from './problems';

type Problem = ReturnType<typeof classifierProblem>;
type Params = Problem['params'];

/** A method joins the contract by its line in the list below. */
function unlearningCase(method: UnlearnMethod, { random = false } = {}): AnyMethodCase {
  return methodCase<Problem, Params>({
    name: method.name,
    input: () => classifierProblem(),
    run: async ({ params, retain, forget }, { key, signal, onStep }) =>
      (
        await unlearn(classifier, {
          params,
          retain,
          forget,
          task: 'classification',
          method,
          epochs: 3,
          batchSize: 3,
          learningRate: 0.01,
          engine: 'eager',
          key,
          signal,
          onStep,
        })
      ).params,
    numbers: (params) => params.layers[0]!.weight,
    dispose: (params) => disposeTree(params),
    random,
    withNaN: (input) => ({ ...input, retain: { ...input.retain, x: tf.mul(input.retain.x, NaN) } }),
    empty: () => {
      const input = classifierProblem();
      tf.dispose([input.retain.x, input.retain.y as Tensor]);
      return { ...input, retain: { x: tf.zeros([0, 4]), y: tf.zeros([0], 'int32') } };
    },
    single: () => classifierProblem(1),
    abort: true,
    saved: async (params) =>
      loadTree(params, readSafetensors(writeSafetensors(await saveTree(params))).tensors),
    batch: notApplicable('a run of unlearning belongs to all of its samples'),
  });
}

export const methodCases: readonly AnyMethodCase[] = [
  unlearningCase(minNormOG({ sampleSize: 3 }), { random: true }),
  unlearningCase(retrain(), { random: true }),
  unlearningCase(gradientDescent(), { random: true }),
  unlearningCase(gradientAscent()),
  unlearningCase(negGradPlus(), { random: true }),
  unlearningCase(noisyGradientDescent(), { random: true }),
  unlearningCase(ridge(), { random: true }),
  unlearningCase(l1Sparse(), { random: true }),
  unlearningCase(scrub(), { random: true }),
  unlearningCase(npo()),
  unlearningCase(salun(), { random: true }),
  unlearningCase(orthoGrad(), { random: true }),
];
