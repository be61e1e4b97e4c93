import { labBuild } from '@lab/tsup-config';

export default labBuild({
  index: 'src/index.ts',
  metrics: 'src/metrics/index.ts',
});
