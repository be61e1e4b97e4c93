import { mapConvolutions } from './convolutions';
import { mapElementwise } from './elementwise';
import { mapFused } from './fused';
import { mapGather } from './gather';
import { mapOneHot } from './one-hot';
import { mapProducts } from './products';
import { mapReductions } from './reductions';
import { mapShapes } from './shapes';

let mapped = false;

/** Registers what every kernel means in a graph, once. */
export function mapKernels(): void {
  if (mapped) return;
  mapped = true;
  mapElementwise();
  mapShapes();
  mapReductions();
  mapProducts();
  mapGather();
  mapOneHot();
  mapConvolutions();
  mapFused();
}
