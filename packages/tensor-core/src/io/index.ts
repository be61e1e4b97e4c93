export { hostArray, HostArray, type HostArrayLike, type HostData, type HostDType } from './host-array';
export { toFloat32 } from './float32';
