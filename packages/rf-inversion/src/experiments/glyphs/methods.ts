import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, type Key } from '@lab/tensor-core/random';
import { flowEdit, sdEdit } from '../../baselines';
import { editFlow } from '../../edit-flow';
import type { Gain } from '../../gains';
import { invertFlow, type Inversion } from '../../invert-flow';
import type { GlyphEditing } from './glyph-task';

export const steps = 28;

/** One line of a comparison: a name, and the images that the method makes. */
export interface GlyphMethod {
  readonly id: string;
  readonly name: string;
  run(): Promise<Array64>;
}

const window = (value: number, stop: number): Gain => ({ kind: 'constant', value, stop });

/** Editing methods on the images `source` under the classes `classes`. */
export function glyphMethods(
  { denoiser, noise, shown }: GlyphEditing,
  {
    source,
    classes,
    key,
    signal,
  }: { source: Array64; classes: readonly number[]; key: Key; signal: AbortSignal },
) {
  // Every edit from one gamma starts from one inversion.
  const inversions = new Map<number, Promise<Inversion<Array64>>>();
  const inverted = (gamma: number): Promise<Inversion<Array64>> => {
    const known =
      inversions.get(gamma) ?? invertFlow(denoiser, source, { steps, gamma, target: noise, signal });
    inversions.set(gamma, known);
    return known;
  };
  const ours = (gamma: number, eta: number, stop: number): GlyphMethod => ({
    id: `rf-${gamma}-${eta}-${stop}`,
    name: eta === 0 ? `gamma ${gamma}, eta 0` : `gamma ${gamma}, eta ${eta}, stop ${stop}`,
    run: async () => {
      const options = { condition: classes, eta: window(eta, stop), signal };
      return (await editFlow(denoiser, await inverted(gamma), options)).image;
    },
  });
  const sde = (startStep: number): GlyphMethod => ({
    id: `sdedit-${startStep}`,
    name: `SDEdit from ${((steps - startStep) / steps).toFixed(2)}`,
    run: async () =>
      (await sdEdit(denoiser, source, { steps, startStep, noise, condition: classes, signal })).image,
  });
  const flow = (maxSteps: number): GlyphMethod => ({
    id: `flowedit-${maxSteps}`,
    name: `FlowEdit, ${maxSteps} steps`,
    run: async () =>
      (
        await flowEdit(denoiser, source, {
          steps,
          maxSteps,
          sourceCondition: shown,
          targetCondition: classes,
          key: foldIn(key, maxSteps),
          signal,
        })
      ).image,
  });
  return { ours, sdEdit: sde, flowEdit: flow, inverted };
}
