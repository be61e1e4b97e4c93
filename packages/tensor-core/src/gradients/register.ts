import { registerConv2dGradients } from './conv-2d';
import { registerEinsumGradient } from './einsum';
import { registerElementwiseGradients } from './elementwise';
import { registerFusedGradients } from './fused';
import { registerGatherGradients } from './gather';
import { registerMatMulGradient } from './mat-mul';
import { registerScanGradients } from './scans';
import { registerSliceGradients } from './slices';
import { registerWindowGradients } from './windows';

/** Registers the gradients that TensorFlow.js has wrong or not at all; again after anything that brings its own. */
export function registerGradients(): void {
  registerMatMulGradient();
  registerEinsumGradient();
  registerGatherGradients();
  registerSliceGradients();
  registerScanGradients();
  registerConv2dGradients();
  registerWindowGradients();
  registerElementwiseGradients();
  registerFusedGradients();
}
