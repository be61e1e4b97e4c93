import type { Compute } from '../worker/protocol';

/** The computing parts by the names of their folders, loaded when they are wanted. */
export const computeParts: Readonly<Record<string, () => Promise<Compute<never, unknown, unknown>>>> = {
  cps: async () => (await import('./cps/compute')).run,
  bandits: async () => (await import('./bandits/compute')).run,
};
