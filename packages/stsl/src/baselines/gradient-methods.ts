import { LabError } from '@lab/tensor-core/errors';
import { ddpm } from '@lab/diffusion-core';
import { guidedBy, type RestorationMethod } from './method';

export interface LdpsOptions {
  /** omega, the length of the step on |y - A D(x0)|. @default 1 */
  readonly strength?: number;
}

/** @throws LabError `argument` */
export function assertWeights(method: string, weights: Readonly<Record<string, number>>): void {
  for (const [argument, received] of Object.entries(weights))
    if (!(received >= 0 && Number.isFinite(received)))
      throw new LabError('argument', `${method}: ${argument} is finite and not negative`, {
        argument,
        received,
      });
}

/** Latent DPS: `z' = DDIM(z) - omega grad |y - A D(x0(z))|`. */
export function ldps({ strength = 1 }: LdpsOptions = {}): RestorationMethod {
  assertWeights('ldps', { strength });
  return {
    name: 'LDPS',
    prepare: (problem) => guidedBy(problem, { data: { weight: strength, form: 'norm' } }),
  };
}

export interface DpsOptions extends LdpsOptions {
  /** `poisson`: the residual's norm is divided by each |y| and averaged, as the official code does for photon counts. @default 'gaussian' */
  readonly noise?: 'gaussian' | 'poisson';
}

/**
 * Diffusion posterior sampling (Chung et al. 2023): DDPM steps less a step along the gradient of the residual's norm. Made
 * for pixels (`identityAutoencoder`) and 1000 steps; the official strengths are 0.3 for super-resolution and blur, 0.5 for
 * inpainting.
 */
export function dps({ strength = 0.3, noise = 'gaussian' }: DpsOptions = {}): RestorationMethod {
  assertWeights('dps', { strength });
  const form = noise === 'poisson' ? 'poisson' : 'norm';
  return {
    name: 'DPS',
    prepare: (problem) => ({
      ...guidedBy(problem, { data: { weight: strength, form } }),
      solver: ddpm(),
    }),
  };
}

export interface GluingOptions extends LdpsOptions {
  /** gamma, the weight of the second norm. @default 0.1 */
  readonly gluing?: number;
}

/** LDPS with "goodness": x0 is pulled to the fixed points of E after D, by gamma |x0 - E(D(x0))| (Rout et al. 2023). */
export function gmlDps({ strength = 1, gluing = 0.1 }: GluingOptions = {}): RestorationMethod {
  assertWeights('gmlDps', { strength, gluing });
  return {
    name: 'GML-DPS',
    prepare: (problem) =>
      guidedBy(problem, {
        data: { weight: strength, form: 'norm' },
        gluing: { weight: gluing, kind: 'fixed-point' },
      }),
  };
}

/**
 * PSLD (Rout et al. 2023): LDPS with the gluing term gamma |x0 - E(A^T y + (I - A^T A) D(x0))|. Norms are of each example,
 * where the official code has those of the batch; no noise is added to A D(x0), and nothing of the true image is used.
 */
export function psld({ strength = 1, gluing = 0.1 }: GluingOptions = {}): RestorationMethod {
  assertWeights('psld', { strength, gluing });
  return {
    name: 'PSLD',
    prepare: (problem) =>
      guidedBy(problem, {
        data: { weight: strength, form: 'norm' },
        gluing: { weight: gluing, kind: 'measurement' },
      }),
  };
}
