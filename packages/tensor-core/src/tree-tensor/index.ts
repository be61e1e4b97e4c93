export { treeDot, treeGlobalNorm } from './algebra';
export { treeFromHost, treeToHost } from './host';
export { cloneTree, disposeTree, keepTree, tidyTree, treeSize, treeZerosLike } from './memory';
export { loadTree, saveTree } from './named';
