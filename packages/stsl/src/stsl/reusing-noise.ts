import { estimate, type Denoiser, type Schedule } from '@lab/diffusion-core';

/** A denoiser that gives back the noise estimate it was told for a state, and asks the real one for any other. */
export function reusingNoise<X>(denoiser: Denoiser<X>, schedule: Schedule, enabled: boolean) {
  const { space } = denoiser;
  let [known, noise]: [X | undefined, X | undefined] = [undefined, undefined];
  const forget = (): void => {
    if (noise !== undefined) space.dispose(noise);
    [known, noise] = [undefined, undefined];
  };
  const reusing: Denoiser<X> = {
    predicts: 'epsilon',
    space,
    async predict(x, t, condition, context) {
      if (x === known && noise !== undefined) return space.combine([[1, noise]]);
      const found = await estimate(denoiser, x, { t, schedule, condition, ...context });
      space.dispose(found.x0);
      return found.noise;
    },
  };
  return {
    forget,
    /** Takes the estimate over. */
    remember(state: X, found: X | undefined): void {
      forget();
      if (enabled) [known, noise] = [state, found];
      else if (found !== undefined) space.dispose(found);
    },
    denoiser: enabled ? reusing : denoiser,
  };
}
