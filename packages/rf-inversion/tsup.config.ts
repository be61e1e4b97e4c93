import { labBuild } from '@lab/tsup-config';

export default labBuild({
  index: 'src/index.ts',
  cli: 'src/cli/index.ts',
  experiments: 'src/experiments/index.ts',
});
