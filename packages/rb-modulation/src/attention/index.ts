export { afaAttention, afaBranches, attendBranches, type AfaMode, type AfaOptions } from './afa';
export type { AttentionSets, KeyValues } from './key-values';
export { afaLayer, splitSets, type TokenLayout } from './layer';
