import { labBuild } from '@lab/tsup-config';

export default labBuild(
  {
    index: 'src/index.ts',
    bin: 'src/bin.ts',
    worker: 'src/worker.ts',
  },
  { platform: 'node', shims: true },
);
