import { labBuild } from '@lab/tsup-config';

export default labBuild({
  index: 'src/index.ts',
  metrics: 'src/metrics/index.ts',
  discrete: 'src/discrete/index.ts',
});
