import { registerAdam } from './adam';
import { registerComplex } from './complex';
import { registerConv2d } from './conv-2d';
import { registerDepthwiseConv2d } from './depthwise-conv-2d';
import { registerEinsum } from './einsum';
import { registerFft } from './fft';
import { registerMatMul } from './mat-mul';
import { registerPool } from './pool';
import { registerResize } from './resize';
import { registerSegmentSum } from './segment-sum';
import { registerStridedSlice } from './strided-slice';

/** Registers the kernels that the WebAssembly engine lacks, or has only slow, and training needs. */
export function registerKernels(): void {
  registerAdam();
  registerMatMul();
  registerConv2d();
  registerDepthwiseConv2d();
  registerPool();
  registerResize();
  registerSegmentSum();
  registerStridedSlice();
  registerEinsum();
  registerComplex();
  registerFft();
}
