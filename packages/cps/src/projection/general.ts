import { LabError } from '@lab/tensor-core/errors';
import type { LinearTask, SampleOutcome } from './linear-project';
import type { Program, ProgramSet } from './programs';

export interface GeneralBuffers {
  readonly size: number;
}

export function generalBuffers({ shape }: ProgramSet): GeneralBuffers {
  return { size: shape[0] * shape[1] };
}

export function projectGeneral(
  _program: Program,
  _at: { readonly x: Float64Array; readonly sample: number; readonly tolerance: number },
  _task: LinearTask & { readonly general: GeneralBuffers },
): SampleOutcome {
  throw new LabError('unsupported', 'constraints that are not linear are being built');
}
