export { fencedBlocks, matchesOutput, snippets, type Block, type Snippet } from './blocks';
export { toCommonJs, toEsm } from './modules';
