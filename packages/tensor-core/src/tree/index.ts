export type { Tree } from './tree';
export { treeFlatten, treeLeaves, treeMap, treePaths, treeUnflatten, isTreeNode } from './tree';
