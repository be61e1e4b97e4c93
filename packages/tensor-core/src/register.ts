import './gradients/table';
import { assertSingleCopy } from './engine/single-copy';
import { registerWasm } from './engine/wasm';
import { registerGradients } from './gradients/register';
import { registerKernels } from './kernels/register';

assertSingleCopy();
registerWasm();
registerKernels();
registerGradients();
