import { computeParts } from '../demos/compute-parts';
import type { Channel } from './protocol';
import { serve } from './serve';

/** The worker's inside. Its name says which demonstration it computes; all share this one file and the engine's code. */
const scope = globalThis as unknown as Channel & { readonly name: string };

const load = computeParts[scope.name];
if (load === undefined) throw new Error(`there is no demonstration ${scope.name}`);
serve(scope, load);
