import { mapComplex } from './complex';
import { mapComposed } from './composed';
import { mapConvolutions } from './convolutions';
import { mapElementwise } from './elementwise';
import { mapFused } from './fused';
import { mapGather } from './gather';
import { mapIndexing } from './indexing';
import { mapNormalization } from './normalization';
import { mapOneHot } from './one-hot';
import { mapPooling } from './pooling';
import { mapProducts } from './products';
import { mapReductions } from './reductions';
import { registerRefusals } from './refusals';
import { mapResize } from './resize';
import { mapScans } from './scans';
import { mapShapes } from './shapes';
import { mapSlices } from './slices';
import { mapSpace } from './space';

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
  mapPooling();
  mapNormalization();
  mapResize();
  mapSlices();
  mapSpace();
  mapScans();
  mapIndexing();
  mapComplex();
  mapComposed();
  registerRefusals();
}
