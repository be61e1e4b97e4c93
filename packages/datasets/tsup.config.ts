import { labBuild } from '@lab/tsup-config';

export default labBuild(
  {
    index: 'src/index.ts',
    node: 'src/node/index.ts',
    text: 'src/text/index.ts',
  },
  // `import.meta.url` finds the npm data packages; CommonJS has it only through the shim.
  { shims: true },
);
