import { engine, type EngineInfo, type EngineName } from '@lab/tensor-core';

/** Starts the engine that the visitor chose, or goes on with it. */
export async function startEngine(prefer: EngineName): Promise<EngineInfo> {
  // eslint-disable-next-line lab/tensorflow-in-core -- tensor-core leaves it to its user to load this engine
  if (prefer === 'webgpu') await import('@tensorflow/tfjs-backend-webgpu');
  return engine({ prefer });
}
