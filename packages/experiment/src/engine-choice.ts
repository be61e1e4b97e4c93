import type { EngineOptions } from '@lab/tensor-core';

/**
 * What `--engine` of the `lab` command and of its verbs may be: how functions run (`auto`, op by op, or compiled by ONNX
 * Runtime), or which engine of TensorFlow.js computes.
 */
export const engineChoices = ['auto', 'eager', 'compiled', 'wasm', 'cpu', 'node', 'node-gpu'] as const;

export type EngineChoice = (typeof engineChoices)[number];

/**
 * The options of tensor-core's `engine()` that a choice stands for; what was not chosen stays as it is.
 *
 * @param threads threads to compute with, at least 1
 * @example
 * await engine(engineOptions('compiled', 2));
 */
export function engineOptions(choice: EngineChoice | undefined, threads?: number): EngineOptions {
  return { ...(choice !== undefined && chosen(choice)), ...(threads !== undefined && { threads }) };
}

function chosen(choice: EngineChoice): EngineOptions {
  if (choice === 'auto' || choice === 'eager' || choice === 'compiled') return { execution: choice };
  return { prefer: choice };
}
