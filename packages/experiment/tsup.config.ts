import { labBuild } from '@lab/tsup-config';

export default labBuild({
  index: 'src/index.ts',
  report: 'src/report/index.ts',
  node: 'src/node/index.ts',
  cli: 'src/cli/index.ts',
});
