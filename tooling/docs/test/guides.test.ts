import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe } from 'vitest';
import { testReadme } from '@lab/testing';

const dir = dirname(import.meta.dirname);
const guides = readdirSync(join(dir, 'guides')).filter((name) => name !== 'index.md');

describe.each(guides)('%s', (name) => testReadme({ dir, readme: join(dir, 'guides', name) }));
