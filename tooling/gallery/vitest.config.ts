import { labTests } from '@lab/vitest-config';
import { mergeConfig } from 'vitest/config';
import { galleryData } from './build/data.ts';

export default mergeConfig(labTests(), { plugins: [galleryData({ isServed: false })] });
