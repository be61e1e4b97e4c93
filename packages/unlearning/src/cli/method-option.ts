import { LabError } from '@lab/tensor-core/errors';
import { gradientAscent, gradientDescent, negGradPlus, noisyGradientDescent } from '../methods/descent';
import { npo, salun, scrub } from '../methods/classifiers';
import { minNormOG } from '../methods/min-norm-og';
import { orthoGrad } from '../methods/ortho-grad';
import { l1Sparse, ridge } from '../methods/penalties';
import type { UnlearnMethod } from '../methods/types';

type Make = (strength: number | undefined, epochs: number) => UnlearnMethod;

/** Each method with the one number that matters most to it. */
const methods: Readonly<Record<string, Make>> = {
  'min-norm-og': (strength, epochs) =>
    minNormOG({ ...(strength !== undefined && { strength }), gdEpochs: Math.floor(epochs / 2) }),
  'gradient-descent': () => gradientDescent(),
  'gradient-ascent': () => gradientAscent(),
  'neg-grad-plus': (forgetWeight) => negGradPlus(given({ forgetWeight })),
  'noisy-gradient-descent': (sigma) => noisyGradientDescent(given({ sigma })),
  ridge: (weight) => ridge(given({ weight })),
  'l1-sparse': (weight) => l1Sparse(given({ weight })),
  scrub: (forgetWeight) => scrub(given({ forgetWeight })),
  npo: (beta) => npo(given({ beta })),
  salun: (forgetWeight) => salun(given({ forgetWeight })),
  'ortho-grad': (retainShare) => orthoGrad(given({ retainShare })),
};

export const methodNames = Object.keys(methods);

/** @throws LabError `argument` for a name that is none */
export function methodOf(
  name: string,
  { strength, epochs }: { readonly strength: number | undefined; readonly epochs: number },
): UnlearnMethod {
  const make = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (make) return make(strength, epochs);
  throw new LabError('argument', `there is no method '${name}'`, {
    argument: 'method',
    expected: methodNames,
  });
}

/** Leaves out what was not given, so that the method's default stands. */
function given(options: Readonly<Record<string, number | undefined>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(options).filter((entry): entry is [string, number] => entry[1] !== undefined),
  );
}
