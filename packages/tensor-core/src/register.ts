import './gradients/table';
import { assertSingleCopy } from './engine/single-copy';
import { registerWasm } from './engine/wasm';
import { registerGradients } from './gradients/register';

assertSingleCopy();
registerWasm();
registerGradients();
