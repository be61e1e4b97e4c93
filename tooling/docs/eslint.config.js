import { labLint } from '@lab/eslint-config';

export default labLint({ dir: import.meta.dirname, node: true, tensorflow: true });
