export { architecture, type Architecture } from './weights/architecture';
export { loadWeights, namedArrays, type LoadWeightsOptions, type NamedArrays } from './weights/load';
export { saveWeights } from './weights/save';
export { countWeights, storedShape, type Layout, type Stored, type Weight } from './weights/weight';
export { readWeightsManifest, type WeightsManifest } from './weights/graph-model';
