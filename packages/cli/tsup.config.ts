import { labBuild } from '@lab/tsup-config';

export default labBuild({ index: 'src/index.ts', bin: 'src/bin.ts' }, { platform: 'node', shims: true });
