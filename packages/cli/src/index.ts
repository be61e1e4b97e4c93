export { main } from './main';
export { discoverPapers, findPaper, type DiscoveryOptions, type Paper } from './discovery/papers';
export type { Io } from './terminal/io';
