import { isLabError } from '@lab/tensor-core/errors';
import { runTask, type SimulationTask } from './task';

/** What a worker answers: errors cross a thread as plain objects, since classes would lose their fields on the way. */
export type Answer =
  | { readonly simulation: Awaited<ReturnType<typeof runTask>> }
  | { readonly code: string; readonly message: string };

/** The worker's entrance: one task in, its record out. */
export default async function answer(task: SimulationTask): Promise<Answer> {
  try {
    return { simulation: await runTask(task) };
  } catch (error) {
    if (isLabError(error)) return { code: error.code, message: error.message };
    throw error;
  }
}
