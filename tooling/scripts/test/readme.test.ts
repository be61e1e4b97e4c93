import { dirname, join } from 'node:path';
import { testReadme } from '@lab/testing';

// The root README's snippets run where a paper's own would: in a package that depends on both cores.
const root = dirname(dirname(dirname(import.meta.dirname)));
testReadme({ dir: join(root, 'packages', 'cps'), readme: join(root, 'README.md') });
