import { labBuild } from '@lab/tsup-config';

export default labBuild({
  index: 'src/index.ts',
  random: 'src/random/index.ts',
  tree: 'src/tree/index.ts',
  linalg64: 'src/linalg64/index.ts',
  errors: 'src/errors/index.ts',
  io: 'src/io/index.ts',
  checkpoint: 'src/checkpoint/index.ts',
});
