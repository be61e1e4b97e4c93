import { join, resolve } from 'node:path';
import { defineConfig } from 'vite';
import { galleryData } from './build/data.ts';
import { publicDir } from './build/paths.ts';
import { galleryPolicy } from './build/policy.ts';
import { galleryReadmes } from './build/readmes.ts';
import { galleryReport } from './build/report.ts';

const root = resolve(import.meta.dirname, '../..');
const reportDir = process.env.LAB_REPORT_DIR ?? join(root, 'lab-report');

export default defineConfig({
  // Relative addresses: the site may lie in any folder of any server.
  base: './',
  publicDir,
  plugins: [galleryData(), galleryReport({ dir: reportDir }), galleryReadmes(), galleryPolicy()],
  worker: { format: 'es', plugins: () => [galleryData()] },
  build: { target: 'es2022', assetsInlineLimit: 0, chunkSizeWarningLimit: 2000 },
});
