import type { Space } from '@lab/diffusion-core';

/** Runs a computation over states and frees all that it `keep`s but what it returns, also after a throw. */
export async function withScratch<X>(
  space: Space<X>,
  run: (keep: (x: X) => X) => Promise<readonly X[]>,
): Promise<readonly X[]> {
  const kept = new Set<X>();
  let returned: readonly X[] = [];
  try {
    returned = await run((x) => {
      kept.add(x);
      return x;
    });
    return returned;
  } finally {
    for (const x of kept) if (!returned.includes(x)) space.dispose(x);
  }
}
