import { engine, type EngineInfo, type EngineName } from '@lab/tensor-core';

/** Starts the engine that the visitor chose, or goes on with it. */
export async function startEngine(prefer: EngineName): Promise<EngineInfo> {
  return engine({ prefer });
}
