import type { Compute } from '../worker/protocol';

/** The computing parts by the names of their folders, loaded when they are wanted. */
export const computeParts: Readonly<Record<string, () => Promise<Compute<never, unknown, unknown>>>> = {
  adlm: async () => (await import('./adlm/compute')).run,
  bandits: async () => (await import('./bandits/compute')).run,
  cps: async () => (await import('./cps/compute')).run,
  'icl-attention': async () => (await import('./icl-attention/compute')).run,
  'multitask-features': async () => (await import('./multitask-features/compute')).run,
  'rb-modulation': async () => (await import('./rb-modulation/compute')).run,
  'rf-inversion': async () => (await import('./rf-inversion/compute')).run,
  unlearning: async () => (await import('./unlearning/compute')).run,
};
