import { join } from 'node:path';

/** What is served as it is: the report and the READMEs, written anew whenever the site is built or served. */
export const publicDir = join(import.meta.dirname, '../node_modules/.gallery');

export const packagesDir = join(import.meta.dirname, '../../../packages');
