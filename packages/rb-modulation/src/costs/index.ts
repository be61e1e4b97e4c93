export { descriptorCost, type DescriptorCostOptions, type DescriptorTerm } from './descriptor-cost';
export { differentiableCost } from './differentiable-cost';
export { linearCost, linearTensorCost } from './linear-cost';
export type { CostAndGradient, DifferentiableCost, TerminalCost } from './types';
