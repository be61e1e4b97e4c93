export type { Bytes } from './bytes';
export {
  hostArray,
  HostArray,
  isHostArray,
  type HostArrayLike,
  type HostData,
  type HostDType,
} from './host-array';
export { toFloat32 } from './float32';
export { readSafetensors, writeSafetensors, type Safetensors } from './safetensors';
export { readNpy, writeNpy } from './npy';
export { readNpz, writeNpz, type ReadNpzOptions, type WriteNpzOptions } from './npz';
