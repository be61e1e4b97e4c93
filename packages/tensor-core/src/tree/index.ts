export type { Tree, TreeMapped } from './tree';
export { treeFlatten, treeLeaves, treePaths, treeUnflatten, isTreeNode } from './tree';
export { treeMap, treeMapWithPath, treeReduce, treeZip } from './map';
export { pathMatcher, splitPath, type PathSelector } from './path';
export { nestPaths, treeFromRecord, treeSelect, treeUpdate, type PathRecord } from './record';
