import { labBuild } from '@lab/tsup-config';

export default labBuild(
  { index: 'src/index.ts', bin: 'src/bin.ts', 'sweep-worker': 'src/sweep/worker.ts' },
  { platform: 'node', shims: true },
);
